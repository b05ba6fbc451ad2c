"""Full-batch descent as the labs' source does it: tensors that ask for gradients, backward, an update without them."""

from harness.descent import SETTINGS, Descent, run


def last_loss(descent: Descent) -> float:
    import torch

    kind, lr = getattr(torch, descent.dtype), SETTINGS[descent.problem]["lr"]
    points, target = torch.tensor(descent.x, dtype=kind), torch.tensor(descent.t, dtype=kind)[:, None]
    weights_1 = torch.tensor(descent.start["0.weight"].T.copy(), dtype=kind, requires_grad=True)
    bias_1 = torch.tensor(descent.start["0.bias"], dtype=kind, requires_grad=True)
    weights_2 = torch.tensor(descent.start["2.weight"].T.copy(), dtype=kind, requires_grad=True)
    bias_2 = torch.tensor(descent.start["2.bias"], dtype=kind, requires_grad=True)

    def sigmoid(z: torch.Tensor) -> torch.Tensor:
        return 1 / (1 + torch.exp(-z))

    def regression() -> torch.Tensor:
        hidden = torch.relu(points * weights_1 + bias_1)
        output = (weights_2.t() * hidden).sum(axis=-1, keepdims=True) + bias_2
        return ((target - output) ** 2).sum(axis=-1).mean()

    def xor() -> torch.Tensor:
        hidden = sigmoid(torch.mm(points, weights_1) + bias_1)
        output = sigmoid((weights_2.t() * hidden).sum(axis=-1, keepdims=True) + bias_2)
        return -(target * torch.log(output) + (1 - target) * torch.log(1 - output)).sum()

    loss = {"regression": regression, "xor": xor}[descent.problem]
    for _ in range(descent.steps):
        loss().backward()
        with torch.no_grad():
            for parameter in (weights_1, bias_1, weights_2, bias_2):
                parameter -= lr * parameter.grad
                parameter.grad.zero_()
    return float(loss())


if __name__ == "__main__":
    run(last_loss)
