"""What do word vectors learn? Skip-gram on a text, several seeds, put to two tests and looked at."""

import json
from collections.abc import Mapping, Sequence
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
from nnlabs.labs.words.results import Example, Group, Near, Results, Section, Spread, Test, Text
from nnlabs.labs.words.settings import Settings
from nnlabs.scratch.nearest import Units, analogy, neighbours, unit
from nnlabs.scratch.word2vec import Recipe, Sampler, SkipGram, Windows
from nnlabs.telling.progress import EpochProgress

SHOWN = 8
"""Neighbours listed of a word."""
EVERY = 32
"""Of so many documents one gives its pairs to the loss that is compared between epochs."""


def compute(settings: Settings, dataset: str) -> tuple[Results, dict[str, NDArray[Any]]]:
    """Learn vectors with every seed and test them; write them to `models/words/vectors.safetensors`.

    Returns what was found, and its arrays: `running` (seeds x epochs, mean loss of a pair just
    before it is learnt from), `fixed` (seeds x epochs + 1, mean loss of the same pairs before and
    after every epoch) and `map` (words x 2, the words in the order of `groups`).

    Raises
    ------
    UserError
        Where the text is missing, a word of the settings is not in it, or the learning diverges.
    """
    corpus = load(dataset)
    check(settings, dataset, corpus)
    tests = Tests(corpus)
    recipe = Recipe(**settings.model_dump(include=set(Recipe.__dataclass_fields__)))
    # One thread whatever the machine has: how a product is cut among threads could change its last bits.
    with threadpool_limits(1):
        untrained = [tests.scores(unit(SkipGram(corpus.counts, recipe, seed).vectors)) for seed in settings.seeds]
        probe = fixed_pairs(corpus, recipe, settings.seeds[0])
        learnt, running, fixed, pairs = [], [], [], []
        for seed in settings.seeds:
            model = SkipGram(corpus.counts, recipe, seed)
            fixed.append([model.loss(probe)])
            history = []
            with EpochProgress(f"words seed {seed}", settings.epochs, 0, settings.epochs) as progress:
                for epoch in range(1, settings.epochs + 1):
                    history.append(learn(model, corpus, settings))
                    fixed[-1].append(model.loss(probe))
                    progress.step()
                    progress.epoch(epoch, history[-1][0], None, last=epoch == settings.epochs)
            learnt.append(model.vectors)
            running.append([loss for loss, _ in history])
            pairs.append(sum(n for _, n in history))
        trained = [tests.scores(unit(each)) for each in learnt]
        units = unit(learnt[0])
        words = [word for each in settings.map.values() for word in each]
        places, explained = principal(units[[corpus.place[word] for word in words]])
    save(settings, recipe, learnt)
    results = Results(
        text=text(corpus),
        pairs=pairs,
        fixed_pairs=sum(windows.pairs for windows in probe),
        untrained_loss=(1 + settings.negatives) * log(2),
        similarity=Test(
            known=len(tests.pairs),
            all=len(corpus.similarities),
            learned=_spread([each["similarity"] for each in trained]),
            untrained=_spread([each["similarity"] for each in untrained]),
        ),
        analogies=Test(
            known=sum(map(len, tests.questions.values())),
            all=sum(map(len, corpus.questions.values())),
            learned=_spread([each["analogies"] for each in trained]),
            untrained=_spread([each["analogies"] for each in untrained]),
        ),
        sections=[
            Section(section, len(rows), _spread([each["sections"][section] for each in trained]))
            for section, rows in tests.questions.items()
        ],
        neighbours=[nearest(units, corpus, word) for word in settings.neighbours],
        examples=[example(units, corpus, question) for question in settings.analogies],
        groups=mapped(units, corpus, settings.map),
        explained=explained,
    )
    return results, {"running": np.array(running), "fixed": np.array(fixed), "map": places}


def text(corpus: Corpus) -> Text:
    """What the page says of the text and of the tests."""
    meta = corpus.meta
    return Text(
        **{key: meta[key] for key in ("documents", "words", "vocabulary", "min_count", "tokens")},
        sha256=meta["origin_content"]["documents"],
        similarities=meta["tests"]["similarities"],
        questions=meta["tests"]["questions"],
    )


class Tests:
    """WordSim-353 and questions-words, as far as the vocabulary goes."""

    def __init__(self, corpus: Corpus) -> None:
        self.pairs = vectors.known_pairs(corpus.similarities, corpus.place)
        self.questions = vectors.known_questions(corpus.questions, corpus.place)
        if len(self.pairs) < 4 or not self.questions:
            raise UserError(
                f"data/{corpus.meta['dataset']}: its vocabulary of {len(corpus.words)} words has {len(self.pairs)} "
                f"pairs of WordSim-353 and {len(self.questions)} sections of questions-words; 4 and 1 are needed"
            )

    def scores(self, units: Units) -> dict[str, Any]:
        right = {section: vectors.answered(units, rows) for section, rows in self.questions.items()}
        return {
            "similarity": vectors.similarity(units, self.pairs),
            "analogies": float(np.concatenate(list(right.values())).mean()),
            "sections": {section: float(each.mean()) for section, each in right.items()},
        }


def check(settings: Settings, dataset: str, corpus: Corpus) -> None:
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


def fixed_pairs(corpus: Corpus, recipe: Recipe, seed: int) -> list[Windows]:
    """Pairs drawn once, from one document in 32, that say how well the whole text is held at a moment."""
    sampler = Sampler(corpus.counts, recipe, seed, "fixed")
    places = list(pairwise(corpus.documents.tolist()))
    return [sampler.draw(np.asarray(corpus.tokens[start:end])) for start, end in places[::EVERY]]


def learn(model: SkipGram, corpus: Corpus, settings: Settings) -> tuple[float, int]:
    """One epoch: mean loss of a pair, and the number of pairs."""
    loss, pairs = model.epoch(corpus.tokens, corpus.documents)
    if not (np.isfinite(loss) and np.isfinite(model.vectors).all()):
        raise UserError(
            f"params.yaml: labs.words.lr: {settings.lr:g} found, with which the vectors grow without bound in epoch "
            f"{model.epochs}; choose a smaller one"
        )
    return loss, pairs


def nearest(units: Units, corpus: Corpus, word: str) -> Near:
    """A word with its neighbours and their cosines."""
    place = corpus.place[word]
    found = [(corpus.words[near], cosine) for near, cosine in neighbours(units, place, SHOWN)]
    return Near(word, int(corpus.counts[place]), found)


def example(units: Units, corpus: Corpus, question: tuple[str, str, str, str]) -> Example:
    """An analogy with its answer, and the place of the expected one among all answers."""
    first, second, third, expected = (corpus.place[word] for word in question)
    ranked = analogy(units, first, second, third, len(units))
    rank = next((i for i, (word, _) in enumerate(ranked, 1) if word == expected), None)
    answer, score = ranked[0]
    return Example(
        question=question,
        answer=corpus.words[answer],
        score=score,
        rank=rank,
        expected_score=None if rank is None else ranked[rank - 1][1],
    )


def mapped(units: Units, corpus: Corpus, groups: Mapping[str, Sequence[str]]) -> list[Group]:
    """The map's groups, and how many words of each have one of their own nearest by cosine among all on the map."""
    of = np.array([group for group, words in groups.items() for _ in words])
    rows = units[[corpus.place[word] for words in groups.values() for word in words]]
    cosines = rows @ rows.T
    np.fill_diagonal(cosines, -np.inf)
    kin = of[cosines.argmax(1)] == of
    return [Group(group, list(words), int(kin[of == group].sum())) for group, words in groups.items()]


def principal(rows: Units) -> tuple[NDArray[np.float64], list[float]]:
    """The first two principal components of n rows (n x 2), and the part of the variance that each explains."""
    centred = rows.astype(np.float64) - rows.mean(0, dtype=np.float64)
    left, singular, _ = np.linalg.svd(centred, full_matrices=False)
    places = left[:, :2] * singular[:2]
    places *= np.sign(places[np.abs(places).argmax(0), [0, 1]])  # a component has no sign of its own: this one stays
    return places, [float(each) for each in (singular**2 / (singular**2).sum())[:2]]


def save(settings: Settings, recipe: Recipe, learnt: list[NDArray[np.float32]]) -> None:
    """The vectors of every seed, v x dimensions; the vocabulary stands in `data/<dataset>`."""
    tensors = {f"seed-{seed}": np.ascontiguousarray(each) for seed, each in zip(settings.seeds, learnt, strict=True)}
    with aside(paths.models("words") / "vectors.safetensors") as beside:
        # one metadata key: more of them would come in any order, and the bytes with them
        save_file(tensors, beside, {"recipe": json.dumps(vars(recipe), sort_keys=True)})


def _spread(values: list[float]) -> Spread:
    half = interval(values)
    return Spread(float(np.mean(values)), None if np.isnan(half) else half, values)
