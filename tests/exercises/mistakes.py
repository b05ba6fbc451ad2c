"""Typical mistakes: a change of the solution, and the part of the exercise that finds it first."""

from typing import NamedTuple


class Mistake(NamedTuple):
    what: str
    old: str
    new: str
    part: str = ""


M = Mistake
MISTAKES: dict[str, list[Mistake]] = {
    "gradient_descent": [
        M("up instead of down", '{"x": slope(x)}', '{"x": -slope(x)}'),
        M("stop rule without the absolute value", "abs(values[-1] - values[-2])", "values[-1] - values[-2]"),
        M("one array many times", "path.append(x.copy())", "path.append(x)"),
        M("one iteration too few", "range(iterations)", "range(iterations - 1)"),
        M("the given gradient ignored", "gradient or function.gradient", "function.gradient"),
        M("the start changed", "x = np.array(start, float)", "x = start"),
        M("divergence not noticed", "value <= ceiling)", "value <= np.inf)"),
    ],
    "momentum": [
        M("wrong sign", "theta -= self.lr * g", "theta += self.lr * g"),
        M("the velocity forgotten", 'v = memory["v"]', 'v = memory["v"].copy()'),
        M("a mean for the sum", "v += g", "v += (1 - self.momentum) * g"),
        M("the gradient's own array kept", "np.zeros_like(theta)", "g * 1.0 if self.t > 1 else g"),
        M("friction for momentum", "v *= self.momentum", "v *= 1 - self.momentum"),
        M(
            "one velocity for all",
            "if self.momentum:",
            "if self.momentum:\n            memory = self.__dict__.setdefault(str(theta.shape and 1), {})",
        ),
    ],
    "nesterov": [
        M("plain momentum", "if self.nesterov else v", "if False else v"),
        M("no factor before the velocity", "g + self.momentum * v if", "g + v if"),
        M("always ahead", "if self.nesterov else v", "if True else v"),
        M(
            "the velocity twice instead of gradient and velocity",
            "g + self.momentum * v if",
            "v + self.momentum * v if",
        ),
        M("wrong sign", "theta -= self.lr * g", "theta += self.lr * g"),
        M("the velocity forgotten", 'v = memory["v"]', 'v = memory["v"].copy()'),
    ],
    "adam": [
        M("no correction of m", "self.lr / (1 - beta1**t) * m", "self.lr * m"),
        M("no correction of v", "np.sqrt(v) / np.sqrt(1 - beta2**t)", "np.sqrt(v)"),
        M(
            "epsilon under the root",
            "np.sqrt(v) / np.sqrt(1 - beta2**t) + self.eps",
            "np.sqrt(v / (1 - beta2**t) + self.eps)",
        ),
        M("wrong sign", "theta -= self.lr", "theta += self.lr"),
        M("gradients not squared", "(1 - beta2) * g * g", "(1 - beta2) * np.abs(g)"),
        M("betas swapped", "(beta1, beta2), t", "(beta2, beta1), t"),
        M("corrected as in the first step always", "t = self.betas, self.t", "t = self.betas, 1"),
    ],
    "adamax": [
        M("no correction of m", "self.lr / (1 - beta1**self.t) * m", "self.lr * m"),
        M("the sign kept", "np.abs(g) + self.eps", "g + self.eps"),
        M("no forgetting", "np.maximum(beta2 * u", "np.maximum(u"),
        M(
            "a sum for the maximum",
            "np.maximum(beta2 * u, np.abs(g) + self.eps, out=u)",
            "np.add(beta2 * u, np.abs(g) + self.eps, out=u)",
        ),
        M(
            "wrong sign",
            "theta -= self.lr / (1 - beta1**self.t) * m / u",
            "theta += self.lr / (1 - beta1**self.t) * m / u",
        ),
        M("no epsilon", "np.abs(g) + self.eps", "np.abs(g)"),
    ],
    "sigmoid": [
        M(
            "e^-z of everything",
            "e = np.exp(-np.abs(z))\n    return np.where(z >= 0, 1, e) / (1 + e)",
            "return 1 / (1 + np.exp(-z))",
        ),
        M("1 - s in the derivative", "sigmoid(z) * sigmoid(-z)", "sigmoid(z) * (1 - sigmoid(z))"),
        M("the derivative without its second factor", "sigmoid(z) * sigmoid(-z)", "sigmoid(-z)"),
        M("turned round", "np.where(z >= 0, 1, e)", "np.where(z >= 0, e, 1)"),
        M("wrong sign of the derivative", "return sigmoid(z) * sigmoid(-z)", "return -sigmoid(z) * sigmoid(-z)"),
        M("cut off", "np.exp(-np.abs(z))", "np.exp(-np.minimum(np.abs(z), 30))"),
    ],
    "rectifiers": [
        M("the right derivative at 0", "(z > 0).astype", "(z >= 0).astype"),
        M("alpha forgotten", "alpha * np.expm1(np.minimum(z, 0))", "np.expm1(np.minimum(z, 0))"),
        M("no -1 in ELU", "np.expm1(", "np.exp("),
        M("overflow", "np.expm1(np.minimum(z, 0))", "np.expm1(z)"),
        M("the slope's sign", "np.where(z > 0, 1, slope)", "np.where(z > 0, 1, -slope)"),
        M("alpha forgotten in the derivative", "alpha * np.exp(np.minimum(z, 0))", "np.exp(np.minimum(z, 0))"),
        M("ReLU's own value for its derivative", "(z > 0).astype(z.dtype)", "np.maximum(z, 0)"),
    ],
    "cross_entropy": [
        M("the largest logit stays", "e = np.exp(z - z.max(axis=-1, keepdims=True))", "e = np.exp(z)"),
        M("the wrong axis", "e.sum(axis=-1, keepdims=True)", "e.sum(axis=0, keepdims=True)"),
        M("a sum for the mean in the gradient", "gradient / n", "gradient"),
        M("a sum for the mean in the loss", ".mean())", ".sum())"),
        M("wrong sign of the gradient", "labels] -= 1", "labels] += 1"),
        M("wrong sign of the loss", "float(-log_probability", "float(log_probability"),
        M(
            "the logarithm of softmax",
            "return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))",
            "return np.log(softmax(z))",
        ),
    ],
    "linear": [
        M("transposed weight gradient", "dy.T @ self.x", "(self.x.T @ dy)"),
        M("forgotten bias gradient", "dy.sum(axis=0)", "np.zeros(self.outputs)"),
        M("mean for the sum", "dy.sum(axis=0)", "dy.mean(axis=0)"),
        M("no bias", ' + self.parameters["bias"]', ""),
        M("wrong sign of what is passed on", "return dy @", "return -dy @"),
        M("weight gradient divided by the batch", "dy.T @ self.x", "dy.T @ self.x / len(self.x)"),
    ],
    "backpropagation": [
        M("no derivative of the hidden layer", " * hidden * (1 - hidden)", ""),
        M("mean for the sum of the first biases", "by_sums.sum(axis=0)", "by_sums.mean(axis=0)"),
        M("forgotten bias gradient", '"bias2": by_logits.sum(axis=0)', '"bias2": np.zeros_like(parameters["bias2"])'),
        M("wrong sign of the difference", "(sigmoid(logits) - target)", "(target - sigmoid(logits))"),
        M("the derivative of the wrong thing", "hidden * (1 - hidden)", "by_logits.sum() * (1 - hidden)"),
        M("not divided by N", "(sigmoid(logits) - target) / len(x)", "(sigmoid(logits) - target)"),
        M(
            "squared error's derivative",
            "(sigmoid(logits) - target) /",
            "(sigmoid(logits) - target) * sigmoid(logits) * sigmoid(-logits) /",
        ),
        M("the loss of one example only", "each.sum() / len(x)", "each[0].sum()"),
    ],
    "dropout": [
        M("not scaled", "x.dtype.type(1 - self.p if training else 1)", "x.dtype.type(1)"),
        M("divided by p", "1 - self.p if training", "self.p if training and self.p else 1 if training"),
        M("also outside of training", " if training else np.ones(x.shape, bool)", ""),
        M("no mask backward", "return dy * self.scale", "return dy"),
        M("kept with probability p", ">= self.p", "< self.p"),
        M("whole examples", "self.rng.random(x.shape, np.float32)", "self.rng.random((len(x), 1), np.float32)"),
    ],
    "batch_norm": [
        M("variance for deviation", "np.sqrt(variance + self.eps)", "(variance + self.eps)"),
        M("constants taken for granted backward", "if self.training:\n            n", "if False:\n            n"),
        M("running variance biased", "variance * n / (n - 1)", "variance"),
        M(
            "the batch's statistics always",
            'mean, variance = self.buffers["running_mean"], self.buffers["running_var"]',
            "mean, variance = x.mean(self.axes), x.var(self.axes)",
        ),
        M("forgotten gradient of beta", '"bias": dy.sum(self.axes)}', '"bias": np.zeros(self.features)}'),
        M(
            "mean over the batch alone",
            "self.axes = (0, *range(2, x.ndim))",
            "self.axes = (0,) if x.ndim == 2 else (0, 2)",
        ),
        M("beta forgotten", ' + self._wide(self.parameters["bias"], x)', ""),
    ],
    "convolution": [
        M(
            "turned kernel",
            'np.tensordot(self.seen, self.parameters["weight"], axes=((1, 4, 5), (1, 2, 3)))',
            'np.tensordot(self.seen, self.parameters["weight"][:, :, ::-1, ::-1], axes=((1, 4, 5), (1, 2, 3)))',
        ),
        M("no bias", ' + self.parameters["bias"]', ""),
        M("forgotten bias gradient", "dy.sum(axis=(0, 2, 3))", "np.zeros(self.outputs)"),
        M("mean for the sum", "dy.sum(axis=(0, 2, 3))", "dy.mean(axis=(0, 2, 3))"),
        M(
            "transposed kernel backward",
            "np.moveaxis(returned, 3, 1)",
            "np.moveaxis(returned, 3, 1).swapaxes(4, 5).reshape(np.moveaxis(returned, 3, 1).shape)",
        ),
        M("wrong sign of the weight gradient", '"weight": np.tensordot', '"weight": -np.tensordot'),
        M("nothing passed on", "return self._unwindowed(np.moveaxis(returned, 3, 1))", "return np.zeros(self.before)"),
    ],
    "max_pooling": [
        M("zeros as padding", "fill=-np.inf", "fill=0.0"),
        M("the smallest", "flat.argmax", "flat.argmin"),
        M(
            "every equal one gets the gradient",
            "(self.winner[..., None] == positions)",
            "(self.all == self.all.max(-1, keepdims=True))",
        ),
        M("the gradient divided", "dy[..., None] *", "dy[..., None] / len(positions) *"),
        M(
            "the last of equals",
            "self.winner = flat.argmax(axis=-1)",
            "self.winner = flat.shape[-1] - 1 - flat[..., ::-1].argmax(axis=-1)",
        ),
        M(
            "the gradient spread over the window",
            "(self.winner[..., None] == positions)",
            "(0 * self.winner[..., None] == 0 * positions)",
        ),
    ],
    "initialisation": [
        M("Xavier of the inputs alone", "math.sqrt(2 / (inputs + outputs))", "math.sqrt(2 / inputs)"),
        M("He without the 2", "math.sqrt(2 / inputs)", "math.sqrt(1 / inputs)"),
        M("variance for deviation", "return math.sqrt(1 / inputs)", "return 1 / inputs"),
        M(
            "inputs and outputs swapped",
            "shape[1] * receptive, shape[0] * receptive",
            "shape[0] * receptive, shape[1] * receptive",
        ),
        M("the size of the kernel forgotten", "math.prod(shape[2:])", "1"),
        M("no derivative of tanh", "gradient * (1 - after**2)", "gradient"),
        M("from last to first", "norms.insert(0, ", "norms.append("),
        M("the norm squared", "np.linalg.norm(by_sums.T @ before)", "np.linalg.norm(by_sums.T @ before) ** 2"),
    ],
    "sobel": [
        M("swapped", "both[:, :1], both[:, 1:]", "both[:, 1:], both[:, :1]"),
        M("a sum for the root of squares", "np.hypot(horizontal, vertical)", "np.abs(horizontal) + np.abs(vertical)"),
        M("bytes not scaled", "images / 255.0", "images / 1.0"),
        M(
            "the mean of the colours",
            "np.tensordot(images / 255.0, LUMA",
            "np.tensordot(images / 255.0, np.full(3, 1 / 3)",
        ),
        M("no step", "optimizer.step(layer.parameters, layer.gradients)", "pass"),
        M("wrong sign", "layer.backward(dy / positions)", "layer.backward(-dy / positions)"),
        M("always the first filter", "kernel[None, None])", "HORIZONTAL[None, None])"),
    ],
    "skip_gram": [
        M("the sign of the negatives", "softplus(scores[1:])", "softplus(-scores[1:])"),
        M("no label", "label[0] = 1", "label[0] = 0"),
        M("up instead of down", "inputs[word] -= lr * by_vector", "inputs[word] += lr * by_vector"),
        M(
            "the second gradient after the first step",
            "inputs[word] -= lr * by_vector",
            "inputs[word] -= lr * by_vector\n    by_outputs = gradients(inputs[word], chosen)[1]",
        ),
        M(
            "twice counts once",
            "np.subtract.at(outputs, targets, lr * by_outputs)",
            "outputs[targets] -= lr * by_outputs",
        ),
        M("the near word as a negative", "for negative in negatives if negative != near", "for negative in negatives"),
        M("the loss afterwards", "return before", "return loss(inputs[word], outputs[targets])"),
        M("the mean of the negatives", "softplus(scores[1:]).sum()", "softplus(scores[1:]).mean()"),
    ],
    "macro_f1": [
        M(
            "transposed",
            "np.asarray(labels, np.int64) * classes + predicted",
            "np.asarray(predicted, np.int64) * classes + labels",
        ),
        M("8 bits overflow", "np.asarray(labels, np.int64) * classes", "labels * labels.dtype.type(classes)"),
        M("precision for F1", "2 * hits, both", "hits, counts.sum(0)"),
        M("weighted by size", ".mean())", ".dot(counts.sum(1)) / counts.sum())"),
        M("absent classes left out", ".mean())", "[both > 0].mean())"),
        M("absent classes count as right", "out=np.zeros(len(counts))", "out=np.ones(len(counts))"),
        M("the 2 forgotten", "2 * hits", "hits"),
    ],
    "relabel": [
        M("old labels stay", "return images[kept], new[kept]", "return images[kept], labels[kept].astype(np.int64)"),
        M("in the order of numbers", "place[list(wanted)] =", "place[sorted(wanted)] ="),
        M(
            "sorted by class",
            "return images[kept], new[kept]",
            "order = np.argsort(new[kept], kind='stable')\n    return images[kept][order], new[kept][order]",
        ),
        M("the others kept", "kept = new >= 0", "kept = new < 0"),
        M(
            "8 bits stay",
            "new = place[labels]",
            "new = place[labels].astype(labels.dtype) if labels.dtype == np.uint8 else place[labels]",
        ),
        M(
            "class after class",
            "    new = place[labels]\n    kept = new >= 0",
            "    kept, new = place[labels] >= 0, labels.astype(np.int64)\n"
            "    for i, each in enumerate(wanted):\n        new[new == each] = i",
        ),
        M("counted from 1", "np.arange(len(wanted))", "np.arange(1, len(wanted) + 1)"),
    ],
    "paired_interval": [
        M(
            "wrong sign",
            "np.asarray(ours, float) - np.asarray(theirs, float)",
            "np.asarray(theirs, float) - np.asarray(ours, float)",
        ),
        M("not paired", "float(each.std())", "sqrt(np.asarray(ours, float).var() + np.asarray(theirs, float).var())"),
        M("one-sided", "(1 + level) / 2", "level"),
        M("the level fixed", "inv_cdf((1 + level) / 2)", "inv_cdf(0.975)"),
        M("not divided by the root of N", " / sqrt(len(each))", ""),
        M("divided by N", "sqrt(len(each))", "len(each)"),
    ],
}
