"""Names of the figures in words, and how a value is written for a person."""

from __future__ import annotations

from typing import Literal, NamedTuple

from dikast.audit.report import Figure

Form = Literal["share", "signed", "number", "count"]


class Told(NamedTuple):
    """How a figure is told."""

    title: str
    form: Form = "share"
    says: str = ""
    """What it means, in a few words; for `--explain` and the documentation."""


FIGURES: dict[str, Told] = {
    "abstained": Told("abstained", says="share of ballots without a score"),
    # against labels
    "accuracy": Told("accuracy", says="share of ballots equal to the label; ties only if labelled"),
    "accuracy_decisive": Told("accuracy without ties", says="where the label is no tie"),
    "balanced_accuracy": Told("balanced accuracy", says="mean of the accuracies by label"),
    "judgebench": Told("JudgeBench accuracy", says="both orders resolved; a coin scores 25 %"),
    "consistent_accuracy": Told("consistent accuracy", says="right in both orders; chance 25 %"),
    "optimistic_accuracy": Told("optimistic accuracy", says="right in at least one order"),
    "percent_agreement": Told("agreement", says="share of equal labels; see the coefficients"),
    "cohen": Told("Cohen κ", "number"),
    "scott": Told("Scott π", "number"),
    "gwet": Told("Gwet AC1", "number", "beyond chance, steady under skewed labels"),
    "weighted_kappa": Told("weighted κ", "number", "quadratic weights: near misses count in part"),
    "pearson": Told("Pearson r", "number"),
    "spearman": Told("Spearman ρ", "number"),
    "kendall": Told("Kendall τ-b", "number"),
    "system_kendall": Told("system-level τ-b", "number", "do both rank the systems alike?"),
    "score_agreement": Told("score agreement", says="1 less the mean distance from the label"),
    "with_the_others": Told("agrees with others", says="mean agreement with each other vote"),
    # order
    "order_consistency": Told("order consistency", says="both presentation orders agree"),
    "first_position_rate": Told("first position", says="decisive votes for what is shown first"),
    "prefer_first": Told("moved to first", says="pairs whose vote moved toward the first slot"),
    "prefer_last": Told("moved to last", says="pairs whose vote moved toward the second slot"),
    "repetition_stability": Told("repetition stability", says="repeats equal to the usual answer"),
    "position_excess": Told("flips beyond noise", "signed", "order flips less those of repeating"),
    "position_bias_raw": Told("position bias", "signed", "accuracy gained, right one first"),
    "position_bias": Told("position bias, noise taken out", "signed"),
    "position_bias_published": Told("position bias (published rule)", "signed"),
    # length and leaning
    "length_bias_raw": Told("length bias", "signed", "accuracy gained where the longer is right"),
    "length_bias": Told("length bias, noise taken out", "signed"),
    "length_bias_published": Told("length bias (published rule)", "signed"),
    "length_coefficient": Told("length coefficient", "number", "log-odds per sd, label held fixed"),
    "length_controlled": Told("length-controlled win rate", says="of the first system"),
    "self_preference": Told(
        "self-preference", "signed", "own answers' win rate above others' view"
    ),
    "knowing": Told("knows (Pc)", says="leniency model: share it really knows"),
    "lenience": Told("guesses yes (P+)", says="leniency model: says yes when it does not know"),
    "halo": Told("halo", "number", "mean correlation between criteria"),
    "scale_used": Told("scale used", says="share of the scale between 5th and 95th percentile"),
    "spread_ratio": Told("spread ratio", "number", "its standard deviation over the labels'"),
    "drift": Told("drift τ", "number", "Mann–Kendall trend over cases in order"),
    # transitivity and criteria
    "ipi": Told("IPI", says="pairs whose orders disagree, mean over questions (Sage)"),
    "tov": Told("TOV", "number", "verdicts to change until a weak order fits"),
    "tov_residual": Told("TOV beyond flips", "number"),
    "tov_u": Told("TOV of folded verdicts", "number", "a clean three-cycle has 1"),
    "pacc": Told("PAcc", says="right on every labelled criterion"),
    "tos": Told("TOS", says="sees that criteria pull apart"),
    "cmr": Told("CMR", says="both verdicts right where criteria pull apart"),
    # confidence
    "ece": Told("ECE", "number", "expected calibration error, 10 bins"),
    "brier": Told("Brier", "number"),
    "wrong_at_0.80": Told("wrong at ≥ 0.80"),
    "wrong_at_0.90": Told("wrong at ≥ 0.90"),
    "wrong_at_0.95": Told("wrong at ≥ 0.95"),
    "aurc": Told("AURC", "number", "area under risk–coverage, lower is better"),
    "aurc_oracle": Told("AURC of an oracle", "number"),
    # the panel
    "fleiss": Told("Fleiss κ", "number"),
    "gwet_panel": Told("Gwet AC1, all judges", "number"),
    "krippendorff_nominal": Told("Krippendorff α, nominal", "number"),
    "krippendorff_ordinal": Told("Krippendorff α, ordinal", "number"),
    "krippendorff_interval": Told("Krippendorff α, interval", "number"),
    "error_correlation": Told("error correlation", "number", "mean over pairs of judges"),
    "effective_seats": Told("effective seats", "number", "what the seats are worth if independent"),
    "left_open": Told("left open", "count", "labelled cases without a choice; of two, half right"),
    "gain_over_best": Told("gain over the best judge", "signed"),
    "stand_in": Told("may stand in", says="share of people it matches the others as well as"),
    "stand_in_lead": Told("lead over a person", "signed", "agreement with the others, less theirs"),
    "offset": Told("offset", "number", "mean score less mean label, as a share of the scale"),
    "halo_pair": Told("correlation of criteria", "number"),
    "aurc_trapezoid": Told("AURC (trapezoid)", "number"),
    "leave_one_out": Told("worth of the seat", "signed", "accuracy lost without it"),
}


def told(figure: str) -> Told:
    """How a figure is told; an unknown one by its name."""
    return FIGURES.get(figure, Told(figure.replace("_", " "), "number"))


def shown(figure: Figure, *, interval: bool = True) -> str:
    """A figure's value as a person reads it, with its interval.

    Examples:
        >>> shown(Figure(about="judge", name="ann", figure="accuracy", value=0.8, low=0.7,
        ...              high=0.9))
        '80 % [70, 90]'
        >>> shown(Figure(about="judge", name="ann", figure="cohen", value=0.4))
        '0.40'
        >>> shown(Figure(about="judge", name="ann", figure="cohen", reason="one class only"))
        '–'
    """
    if figure.value is None:
        return "–"
    form = told(figure.figure).form
    ends = figure.low, figure.high
    if form in ("share", "signed"):
        sign = "+" if form == "signed" else ""
        text = f"{100 * figure.value:{sign}.0f} %" if form == "share" else _points(figure.value)
        if interval and ends[0] is not None and ends[1] is not None:
            text += f" [{100 * ends[0]:{sign}.0f}, {100 * ends[1]:{sign}.0f}]"
        return text
    text = f"{figure.value:.2f}" if form == "number" else f"{figure.value:.0f}"
    if interval and ends[0] is not None and ends[1] is not None:
        text += f" [{ends[0]:.2f}, {ends[1]:.2f}]"
    return text


def _points(value: float) -> str:
    return f"{100 * value:+.0f} points"
