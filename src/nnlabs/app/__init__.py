"""A local web application: pictures and drawn digits of one's own for the networks that the pipeline trained.

`pictures` decodes what somebody gives, `trained` asks networks; neither knows Gradio, in which `page` shows it all.
"""
