"""All that happens to the files of an image folder, for pages to tell; `image_file` carries it out."""


def rule(*, to_box: bool, own: bool) -> str:
    """In sentences; `own` is for a folder of one's own, of which identical images are kept once."""
    what = "The annotated box of each image" if to_box else "The whole image"
    boxless = ", and images without pixels in their box" if to_box else ""
    twice = (
        "Of images that are identical, pixel for pixel at that size, one is kept, a training image before others"
        if own
        else "Test images that are in another part as well, pixel for pixel at that size, are dropped"
    )
    return (
        f"{what} is resized once to a square, with antialiasing; its aspect ratio is not kept. It is turned as its "
        "EXIF orientation says; grey, palette, CMYK and other colours become RGB; what is transparent is laid on "
        "white; of several frames the first is taken. Left out are files that are empty, broken, no image, or of "
        f"more than 50 million pixels{boxless}. Passed over are files that are hidden, have no image's suffix or "
        f"belong to no class, links to folders, and links that lead out of the set's folder. {twice}."
    )
