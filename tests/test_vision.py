"""torchvision loads beside whatever torch is installed, and what the project uses of it works."""

import torch
from PIL import Image

from nnlabs.models.vision import torchvision


def test_datasets_serve_transformed_images() -> None:
    transforms = torchvision.transforms
    pipeline = transforms.Compose(
        [
            transforms.RandomCrop(8, padding=2, padding_mode="reflect"),
            transforms.RandomHorizontalFlip(),
            transforms.ToTensor(),
            transforms.Normalize([0.5], [0.25]),
        ]
    )
    data = torchvision.datasets.FakeData(2, (1, 8, 8), 10, transforms.Compose([transforms.Grayscale(), pipeline]))
    image, label = data[0]
    assert image.shape == (1, 8, 8)
    assert 0 <= label < 10

    grey = Image.new("L", (8, 8), 255)  # every pixel 1 once scaled: (1 - 0.5) / 0.25
    torch.testing.assert_close(pipeline(grey), torch.full((1, 8, 8), 2.0))


def test_models_compute() -> None:
    network = torchvision.models.mobilenet_v2(weights=None).eval()
    with torch.inference_mode():
        assert network(torch.zeros(1, 3, 32, 32)).shape == (1, 1000)
