"""The tests that word vectors are put to."""

from nnlabs.data.catalogue.kinds import File, Origin, Package


def _gensim(version: str, platform: str, sha256: str) -> Package:
    """One wheel of gensim for every machine: its two text files are read and none of its code.

    Its wheels differ by platform, and unpacking its source distribution would run its set-up
    script; pip hands out the wheel of another platform when told to. What counts is the content
    of the two files, which several versions share, so there is a second wheel to fall back on.
    """
    where = ("--platform", platform, "--python-version", "3.12", "--implementation", "cp", "--abi", "cp312")
    return Package(
        "pip", "gensim", version, sha256, "word_tests", tuple(f"{TESTS}/{name}" for name in TEST_FILES), where
    )


TESTS = "gensim/test/test_data"
TEST_FILES = ("wordsim353.tsv", "questions-words.txt")

WORD_TESTS = Origin(
    name="word-tests",
    layout="word_tests",
    files=(
        File(
            "gensim-4.4.0-cp312-cp312-manylinux_2_24_x86_64.manylinux_2_28_x86_64.whl",
            (),
            "b91c61b682d582f4009ca45532185a88",
        ),
    ),
    packages=(
        _gensim("4.4.0", "manylinux_2_28_x86_64", "4b73ff30af6ddd0d2ddf9473b1eb44603cd79ec14c87d93b75291802b991916c"),
        _gensim("4.3.3", "manylinux2014_x86_64", "6237a50de4da7a037b19b2b6c430b6537243dcdedebf94afeb089e951953e601"),
    ),
    content={
        "wordsim353": "f92a022fc2537793a15bc3a8c162ebcd74990e033a228bb6388cb71e4c0b1e1d",
        "questions_words": "8c29b3332afc46f3fb8be04cb5297bf96f39aa7131272dff57869b4485b22a36",
    },
    folder=TESTS,
    unpacked=TEST_FILES,
)
