"""How far a share that was counted can be believed."""

from math import sqrt
from statistics import NormalDist

CONFIDENCE = 0.95


def wilson_interval(successes, trials, confidence=CONFIDENCE):
    """The score interval for a share of which ``successes`` out of ``trials`` were seen.

    With p = successes / n and z the quantile of the normal distribution, its bounds are

        (p + z²/2n ± z · √(p(1 − p)/n + z²/4n²)) / (1 + z²/n)

    Source: Wilson, E. B. (1927), "Probable inference, the law of succession, and statistical
    inference", Journal of the American Statistical Association 22, 209–212. Recommended for
    small n by Brown, L. D., Cai, T. T., DasGupta, A. (2001), "Interval estimation for a
    binomial proportion", Statistical Science 16, 101–133.

    None of n gives exactly 0 as the lower bound, n of n exactly 1 as the upper one. Where
    nothing was seen, nothing is known: the interval is 0 to 1.

    :param int successes: 0 to ``trials``
    :param int trials: n, 0 or more
    :param float confidence: over 0 and under 1
    :return: the bounds as shares, 0 to 1
    :rtype: tuple of two floats
    :raises ValueError: when a parameter is out of its range
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} of {trials} is not a share")
    if not 0 < confidence < 1:
        raise ValueError(f"a confidence is over 0 and under 1, not {confidence}")
    if not trials:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = successes / trials
    spread = z * z / trials
    center = (share + spread / 2) / (1 + spread)
    margin = sqrt(spread * (share * (1 - share) + spread / 4)) / (1 + spread)
    low = max(center - margin, 0.0) if successes else 0.0
    high = min(center + margin, 1.0) if successes < trials else 1.0
    # with a vast number of trials the bounds are as close as floats can be
    return min(low, share), max(high, share)
