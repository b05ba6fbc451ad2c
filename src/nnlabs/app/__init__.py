"""A local web page, pictures and digits of one's own for trained networks. Here Gradio learns not to ask servers."""

import os

os.environ.update(GRADIO_ANALYTICS_ENABLED="False", GRADIO_RUN_HISTORY="False", HF_HUB_OFFLINE="1")
