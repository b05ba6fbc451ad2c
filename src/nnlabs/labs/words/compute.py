"""What do word vectors learn? Skip-gram on a text, several seeds, put to two tests and looked at."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from itertools import pairwise
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file
from threadpoolctl import threadpool_limits

from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.core.files import aside
from nnlabs.data.corpus import Corpus, load
from nnlabs.evaluation import vectors
from nnlabs.evaluation.statistics import interval
from nnlabs.labs.words.results import Example, Group, Map, Neighbours, Question, Results, Section, Spread, Test, Text
from nnlabs.labs.words.settings import Settings
from nnlabs.scratch.nearest import Units, analogy, neighbours, unit
from nnlabs.scratch.word2vec import Pairs, Recipe, Sampler, SkipGram
from nnlabs.telling.progress import EpochProgress

SHOWN = 8
"""Neighbours listed of a word."""
EVERY = 32
"""Of so many documents one gives its pairs to the loss that is compared between epochs."""


def compute(settings: Settings, dataset: str) -> tuple[Results, dict[str, NDArray[Any]]]:
    """Learn vectors with every seed and test them; write them to `models/words/vectors.safetensors`.

    The arrays are `running` (seeds x epochs, mean loss of a pair just before it is learnt from), `fixed`
    (seeds x epochs + 1, mean loss of the same pairs before and after every epoch) and `map` (words x 2, the words in
    the order of the results' groups).

    Raises
    ------
    UserError
        Where the text is missing, a word of the settings is not in it, or the learning diverges.
    """
    corpus = load(dataset)
    check(settings, corpus, dataset)
    tests = Tests(corpus, dataset)
    recipe = Recipe(**settings.model_dump(include={field.name for field in fields(Recipe)}))
    # One thread whatever the machine has: how a product is cut among threads could change its last bits.
    with threadpool_limits(1):
        untrained = [tests.scores(unit(SkipGram(corpus.counts, recipe, seed).vectors)) for seed in settings.seeds]
        probe = fixed_pairs(corpus, recipe, settings.seeds[0])
        runs = [_learnt(corpus, recipe, seed, probe) for seed in settings.seeds]
        trained = [tests.scores(unit(run.vectors)) for run in runs]
        units = unit(runs[0].vectors)
        words = [word for each in settings.map.values() for word in each]
        places, explained = principal(units[[corpus.place[word] for word in words]])
    save(settings.seeds, recipe, [run.vectors for run in runs])
    similarity = Test(
        known=len(tests.pairs),
        all=len(corpus.similarities),
        untrained=_spread([each.similarity for each in untrained]),
        trained=_spread([each.similarity for each in trained]),
    )
    results = Results(
        text=Text.of(corpus.meta),
        pairs=[run.pairs for run in runs],
        fixed_pairs=sum(map(len, probe)),
        untrained_loss=(1 + settings.negatives) * log(2),
        similarity=similarity,
        similarity_by_choice=vectors.similarity_interval(similarity.trained.mean, similarity.known),
        analogies=Test(
            known=sum(map(len, tests.questions.values())),
            all=sum(map(len, corpus.questions.values())),
            untrained=_spread([each.analogies for each in untrained]),
            trained=_spread([each.analogies for each in trained]),
        ),
        sections=[
            Section(name, len(rows), _spread([each.sections[name] for each in trained]))
            for name, rows in tests.questions.items()
        ],
        neighbours=[nearest(units, corpus, word) for word in settings.neighbours],
        examples=[example(units, corpus, question) for question in settings.analogies],
        map=Map([Group(name, list(each)) for name, each in settings.map.items()], explained),
    )
    arrays = {
        "running": np.array([run.running for run in runs]),
        "fixed": np.array([run.fixed for run in runs]),
        "map": places,
    }
    return results, arrays


@dataclass(frozen=True)
class Scores:
    """What vectors of one seed are worth."""

    similarity: float
    analogies: float
    sections: dict[str, float]


class Tests:
    """WordSim-353 and questions-words, as far as the vocabulary goes."""

    def __init__(self, corpus: Corpus, dataset: str) -> None:
        self.pairs = vectors.known_pairs(corpus.similarities, corpus.place)
        self.questions = vectors.known_questions(corpus.questions, corpus.place)
        if len(self.pairs) < 4 or not self.questions:
            raise UserError(
                f"data/{dataset}: its vocabulary of {len(corpus.words)} words has {len(self.pairs)} "
                f"pairs of WordSim-353 and {len(self.questions)} sections of questions-words; 4 and 1 are needed"
            )

    def scores(self, units: Units) -> Scores:
        right = {section: vectors.answered(units, rows) for section, rows in self.questions.items()}
        return Scores(
            similarity=vectors.similarity(units, self.pairs),
            analogies=float(np.concatenate(list(right.values())).mean()),
            sections={section: float(each.mean()) for section, each in right.items()},
        )


def check(settings: Settings, corpus: Corpus, dataset: str) -> None:
    """Every word that is to be shown has a vector."""
    shown: dict[str, Sequence[str]] = {
        "neighbours": settings.neighbours,
        "analogies": [word for question in settings.analogies for word in question],
        **{f"map.{group}": words for group, words in settings.map.items()},
    }
    for key, words in shown.items():
        for word in words:
            if word not in corpus.place:
                raise UserError(
                    f"params.yaml: labs.words.{key}: {word!r} is not in the vocabulary of {dataset}; "
                    f"allowed: a word in lower case that occurs {corpus.meta['min_count']} times or more"
                )


def fixed_pairs(corpus: Corpus, recipe: Recipe, seed: int) -> list[Pairs]:
    """Pairs drawn once, from one document in 32, that say how well the whole text is held at a moment."""
    sampler = Sampler(corpus.counts, recipe, seed, "fixed")
    places = list(pairwise(corpus.documents.tolist()))
    return [sampler.draw(np.asarray(corpus.tokens[start:end])) for start, end in places[::EVERY]]


@dataclass(frozen=True)
class Run:
    """What one seed learnt."""

    vectors: NDArray[np.float32]
    """v x dimensions."""
    running: list[float]
    """Mean loss of a pair just before it is learnt from, an epoch."""
    fixed: list[float]
    """Mean loss of the fixed pairs, before learning and after every epoch."""
    pairs: int
    """How many were learnt from in all."""


def _learnt(corpus: Corpus, recipe: Recipe, seed: int, probe: list[Pairs]) -> Run:
    model = SkipGram(corpus.counts, recipe, seed)
    fixed, running, pairs = [model.loss(probe)], [], 0
    with EpochProgress(f"words seed {seed}", recipe.epochs, 0, recipe.epochs) as progress:
        for epoch in range(1, recipe.epochs + 1):
            loss, n = learn(model, corpus)
            running.append(loss)
            pairs += n
            fixed.append(model.loss(probe))
            progress.step()
            progress.epoch(epoch, loss, None, last=epoch == recipe.epochs)
    return Run(model.vectors, running, fixed, pairs)


def learn(model: SkipGram, corpus: Corpus) -> tuple[float, int]:
    """One epoch: mean loss of a pair, and the number of pairs."""
    loss, pairs = model.epoch(corpus.tokens, corpus.documents)
    if not (np.isfinite(loss) and np.isfinite(model.vectors).all()):
        raise UserError(
            f"params.yaml: labs.words.lr: {model.recipe.lr:g} found, with which the vectors grow without bound in "
            f"epoch {model.epochs}; choose a smaller one"
        )
    return loss, pairs


def nearest(units: Units, corpus: Corpus, word: str) -> Neighbours:
    """A word with its neighbours and their cosines."""
    place = corpus.place[word]
    found = [(corpus.words[near], cosine) for near, cosine in neighbours(units, place, SHOWN)]
    return Neighbours(word, int(corpus.counts[place]), found)


def example(units: Units, corpus: Corpus, question: Question) -> Example:
    """An analogy with its answer, and the place of the expected one among all answers."""
    first, second, third, expected = (corpus.place[word] for word in question)
    ranked = analogy(units, first, second, third, len(units))
    rank = next((i for i, (word, _) in enumerate(ranked, 1) if word == expected), None)
    answer, score = ranked[0]
    return Example(question, corpus.words[answer], score, rank, None if rank is None else ranked[rank - 1][1])


def principal(rows: Units) -> tuple[NDArray[np.float64], tuple[float, float]]:
    """The first two principal components of n rows (n x 2), and the part of the variance that each explains."""
    centred = rows.astype(np.float64) - rows.mean(0, dtype=np.float64)
    left, singular, _ = np.linalg.svd(centred, full_matrices=False)
    places = left[:, :2] * singular[:2]
    places *= np.sign(places[np.abs(places).argmax(0), [0, 1]])  # a component has no sign of its own: this one stays
    first, second = (singular**2 / (singular**2).sum())[:2]
    return places, (float(first), float(second))


def save(seeds: Sequence[int], recipe: Recipe, learnt: list[NDArray[np.float32]]) -> None:
    """The vectors of every seed, v x dimensions; the vocabulary stands in `data/<dataset>`."""
    tensors = {f"seed-{seed}": np.ascontiguousarray(each) for seed, each in zip(seeds, learnt, strict=True)}
    with aside(paths.models("words") / "vectors.safetensors") as beside:
        # one metadata key: more of them would come in any order, and the bytes with them
        save_file(tensors, beside, {"recipe": json.dumps(asdict(recipe), sort_keys=True)})


def _spread(values: list[float]) -> Spread:
    half = interval(values)
    return Spread(float(np.mean(values)), None if np.isnan(half) else half, values)
