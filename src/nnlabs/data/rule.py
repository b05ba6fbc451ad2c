"""All that happens to the files of an image folder, for pages to tell; `image_file` carries it out."""


def rule(*, to_box: bool) -> str:
    """In sentences."""
    what = "The annotated box of each image" if to_box else "The whole image"
    boxless = ", and images without pixels in their box" if to_box else ""
    return (
        f"{what} is resized once to a square, with antialiasing; its aspect ratio is not kept. It is turned as its "
        "EXIF orientation says; grey, palette, CMYK and other colours become RGB; what is transparent is laid on "
        "white; of several frames the first is taken. Left out are files that are empty, broken, no image, or of "
        f"more than 50 million pixels{boxless}. Passed over are files that are hidden, have no image's suffix or "
        "belong to no class, links to folders, and links that lead out of the set's folder. Of images that are "
        "identical, pixel for pixel at that size, one is kept: a training image before a validation image, and that "
        "before a test image."
    )
