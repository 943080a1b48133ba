"""What each clipping rule does to a gradient, against closed forms and the libraries' own arithmetic."""

import numpy as np
import pytest

from clipscape.clipping import CLIPPERS
from clipscape.numerics import angle_between, row_norm
from clipscape.transforms import RowContext
from facts import fact

RTOL = 1e-12
"""A handful of correctly rounded operations: a few units in the last place."""


def clip(kind, updates, params=None, steps=1, seeds=None, state=None, **parameters):
    """Apply a rule to `updates` (rows, dim) `steps` times; return what it made of the last ones."""
    vectors = np.array(updates, dtype=float).T
    rows = vectors.shape[1]
    values = {**CLIPPERS[kind].defaults(), **parameters}
    transform = CLIPPERS[kind].make(**{name: np.full(rows, float(value)) for name, value in values.items()})
    context = RowContext(len(vectors), rows, 1000, np.zeros(rows, dtype=np.int64) if seeds is None else np.array(seeds))
    state = transform.init(context) if state is None else state
    at = np.zeros_like(vectors) if params is None else np.array(params, dtype=float).T
    out = np.full_like(vectors, np.nan)
    with np.errstate(all="ignore"):
        for _ in range(steps):
            transform.update(vectors, state, at, out)
    return out.T


def test_norm_clipping_matches_the_paper_and_pytorch_in_their_own_rounding():
    assert clip("norm", [(3, 4)], max_norm=1)[0] == fact("F03a")
    assert clip("norm", [(3, 4)], max_norm=1, epsilon=1e-6)[0] == fact("F03b")


def test_pytorch_shrinks_a_gradient_exactly_at_the_threshold_and_the_paper_does_not():
    assert (clip("norm", [(3, 4)], max_norm=5) == [[3, 4]]).all()
    assert clip("norm", [(3, 4)], max_norm=5, epsilon=1e-6)[0] == fact("F03c")


def test_pytorch_halves_a_gradient_of_norm_1e_6_at_threshold_1e_6():
    assert clip("norm", [(1e-6, 0)], max_norm=1e-6, epsilon=1e-6) == pytest.approx(np.array([[5e-7, 0]]), rel=RTOL)


@pytest.mark.parametrize("size", [1e200, 1e-200, 1e150, 1e-320])
def test_gradients_of_any_size_are_clipped_right(size):
    threshold = max(size / 10, 1e-321)
    (clipped,) = clip("norm", [(size, size)], max_norm=threshold)
    # 1e-320 is a denormal with about three digits; the others are exact to rounding.
    assert row_norm(clipped) == pytest.approx(threshold, rel=2e-2 if size < 1e-300 else RTOL)
    assert clipped[0] == clipped[1]


def test_a_tiny_gradient_below_the_threshold_passes_unchanged():
    assert (clip("norm", [(3e-200, 4e-200)], max_norm=1) == [[3e-200, 4e-200]]).all()


def test_value_clipping_turns_the_gradient_by_the_known_angle():
    clipped = clip("value", [(10, 1)], clip_value=2)
    assert clipped[0] == fact("F02a")
    assert angle_between(np.array([10.0, 1.0]), clipped[0]) == fact("F02b")


def test_norm_clipping_keeps_the_direction():
    clipped = clip("norm", [(10, 1)], max_norm=2)
    assert clipped[0] == fact("F02c")
    assert angle_between(np.array([10.0, 1.0]), clipped[0]) < 1e-6


def test_a_value_clipped_gradient_is_never_more_than_45_degrees_off_in_the_plane():
    grads = np.random.default_rng(7).standard_cauchy((2000, 2)) * 10
    angles = angle_between(grads.T, clip("value", grads, clip_value=1).T)
    assert angles.max() <= 45 + 1e-9


def test_block_norm_equals_value_clipping_where_every_coordinate_is_a_block():
    grads = np.random.default_rng(8).standard_normal((500, 2)) * 3
    assert clip("block_norm", grads) == pytest.approx(clip("value", grads), rel=RTOL)


def test_the_infinity_norm_keeps_the_direction_and_bounds_the_largest_entry():
    assert clip("infinity_norm", [(10, 1)], max_norm=2) == pytest.approx(np.array([[2, 0.2]]), rel=RTOL)


def test_non_finite_gradients_are_never_repaired():
    for kind in CLIPPERS:
        if kind != "per_example":
            assert np.isnan(clip(kind, [(np.nan, 1.0)])[0, 0]), kind
    assert not np.isfinite(clip("norm", [(np.inf, 1.0)])).all()


def test_autoclip_takes_the_percentile_of_all_norms_so_far():
    transform = CLIPPERS["autoclip"].make(percentile=np.array([10.0]))
    state = transform.init(RowContext(2, 1, 100, np.zeros(1, dtype=np.int64)))
    out, thresholds = np.zeros((2, 1)), []
    for norm in range(1, 101):
        transform.update(np.array([[norm], [0.0]]), state, out, out_ := np.zeros((2, 1)))
        thresholds.append(out_[0, 0])
    assert [thresholds[i] for i in (0, 1, 2, 99)] == fact("F11")


@pytest.mark.parametrize(
    "percentiles",
    [[10, 10, 10], [0, 35.5, 100], [7.5] * 20, np.linspace(0, 100, 41), np.linspace(0, 30, 1100)],
    ids=["equal", "different", "equal, in a table", "a slider, in a table", "a map, in a table"],
)
def test_autoclip_agrees_with_numpys_percentile_for_few_rows_and_for_tables(percentiles):
    rows = len(percentiles)
    looked_at = slice(None, None, max(1, rows // 41))
    norms = np.random.default_rng(1).exponential(size=(60, rows))
    transform = CLIPPERS["autoclip"].make(percentile=np.array(percentiles, dtype=float))
    state = transform.init(RowContext(1, rows, 60, np.zeros(rows, dtype=np.int64)))
    for step in range(60):
        out = np.zeros((1, rows))
        transform.update(norms[step : step + 1], state, out, out)
        thresholds = [np.percentile(norms[: step + 1, row], percentiles[row]) for row in range(rows)[looked_at]]
        expected = np.minimum(thresholds, norms[step, looked_at])
        assert out[0, looked_at] == pytest.approx(expected, rel=1e-12)


def test_one_spike_leaves_autoclips_threshold_alone():
    transform = CLIPPERS["autoclip"].make(percentile=np.array([10.0]))
    state = transform.init(RowContext(1, 1, 100, np.zeros(1, dtype=np.int64)))
    out = np.zeros((1, 1))
    for norm in [1.0] * 99 + [1000.0]:
        transform.update(np.array([[norm]]), state, out, out)
    assert out[0, 0] == 1.0


def zclip_state(mean, deviation):
    transform = CLIPPERS["zclip"].make(
        alpha=np.array([0.97]), z_threshold=np.array([2.5]), warmup_steps=np.array([1.0]), max_norm=np.array([0.0])
    )
    state = transform.init(RowContext(1, 1, 10, np.zeros(1, dtype=np.int64)))
    memory = state.own
    memory.mean[:], memory.variance[:], memory.count = mean, deviation**2, 1
    return transform, state


def test_zclip_pulls_a_spike_back_and_then_learns_from_what_it_kept():
    transform, state = zclip_state(1.0, 0.2)
    out = np.zeros((1, 1))
    transform.update(np.array([[3.0]]), state, out, out)
    assert [out[0, 0], state.own.mean[0], state.own.variance[0]] == fact("F12")


def test_zclip_leaves_a_norm_two_deviations_above_the_mean_alone():
    transform, state = zclip_state(1.0, 0.2)
    out = np.zeros((1, 1))
    transform.update(np.array([[1.4]]), state, out, out)
    assert out[0, 0] == 1.4


def test_zclip_starts_from_the_mean_and_population_variance_of_its_warm_up():
    transform = CLIPPERS["zclip"].make(
        alpha=np.full(1, 0.97), z_threshold=np.full(1, 2.5), warmup_steps=np.full(1, 4.0), max_norm=np.zeros(1)
    )
    state = transform.init(RowContext(1, 1, 10, np.zeros(1, dtype=np.int64)))
    for norm in (1.0, 2.0, 4.0, 9.0):
        out = np.zeros((1, 1))
        transform.update(np.array([[norm]]), state, out, out)
        assert out[0, 0] == norm
    assert state.own.mean[0] == pytest.approx(4.0)
    assert state.own.variance[0] == pytest.approx(np.var([1.0, 2.0, 4.0, 9.0]))


def test_agc_compares_each_gradient_with_the_size_of_its_parameters():
    params, grads = [(3, 4), (0, 0), (0.6, 0.8)], [(0.3, 0.4), (1, 0), (0.003, 0.004)]
    assert clip("agc", grads, params, clipping=0.01, eps=1e-3) == fact("F13")


def test_adagc_follows_the_running_mean_of_the_clipped_norms_after_its_warm_up():
    transform = CLIPPERS["adagc"].make(
        relative_threshold=np.full(1, 1.05),
        beta=np.full(1, 0.98),
        absolute_threshold=np.ones(1),
        warmup_steps=np.full(1, 2.0),
    )
    state = transform.init(RowContext(1, 1, 10, np.zeros(1, dtype=np.int64)))
    kept = []
    for norm in (5.0, 0.5, 3.0):
        out = np.zeros((1, 1))
        transform.update(np.array([[norm]]), state, out, out)
        kept.append(out[0, 0])
    # Warm-up: capped at 1, gamma = smallest kept norm = 0.5; then at most 1.05 * 0.5.
    assert kept == pytest.approx([1.0, 0.5, 0.525])
    assert state.own.reference[0] == pytest.approx(0.98 * 0.5 + 0.02 * 0.525)


def test_the_normalised_gradient_has_length_one_and_zero_stays_zero():
    assert clip("normalized", [(3, 4), (0, 0)]) == pytest.approx(np.array([(0.6, 0.8), (0, 0)]), rel=RTOL)


def test_soft_clipping_tends_to_its_threshold_from_below():
    lengths = row_norm(clip("soft", [(3, 4), (3e9, 4e9)], max_norm=5).T)
    assert lengths[0] == pytest.approx(2.5)
    assert lengths[1] == pytest.approx(5, rel=1e-8)
    assert lengths[1] < 5


def test_a_random_step_has_the_length_of_the_threshold_and_is_the_same_for_equal_seeds():
    clipped = clip("random_step", [(30, 40), (0.3, 0.4), (50, 0), (50, 0)], seeds=[5, 5, 5, 6], max_norm=2)
    assert row_norm(clipped[0]) == pytest.approx(2)
    assert (clipped[1] == (0.3, 0.4)).all()
    assert (clipped[0] == clipped[2]).all()
    assert (clipped[2] != clipped[3]).any()


def per_example(grads, max_norm, noise=0.0, steps=1):
    grads = np.array(grads, dtype=float)
    examples = grads.T[:, :, np.newaxis]
    weights = np.full(len(grads), 1 / len(grads))
    context = RowContext(grads.shape[1], 1, 10_000, np.zeros(1, dtype=np.int64), lambda: examples, weights)
    transform = CLIPPERS["per_example"].make(max_norm=np.full(1, max_norm), noise_multiplier=np.full(1, noise))
    state, outs = transform.init(context), []
    for _ in range(steps):
        out = np.zeros((grads.shape[1], 1))
        with np.errstate(all="ignore"):
            transform.update(grads.mean(axis=0)[:, np.newaxis], state, out, out)
        outs.append(out[:, 0])
    return np.array(outs)


def test_per_example_clipping_is_not_clipping_of_the_mean():
    grads = [(0, 0, 0), (0, 3, 4), (4, 0, 3), (3, 4, 0)]
    of_the_mean = clip("norm", [np.mean(grads, axis=0)], max_norm=1.25)[0]
    assert [4 * per_example(grads, 1.25)[0], of_the_mean] == fact("F17")


def test_privacy_noise_has_standard_deviation_sigma_c_over_the_number_of_examples():
    noisy = per_example(np.zeros((256, 1)), 1.0, noise=1.1, steps=4000)
    # 4,000 draws: the sample deviation has a relative standard error of 1/sqrt(8000) = 1.1 %; 4 of those.
    assert noisy.std() == pytest.approx(0.004296875, rel=0.045)


def test_per_example_clipping_says_why_it_cannot_work_without_examples():
    with pytest.raises(ValueError, match="sum over examples"):
        clip("per_example", [(1, 1)])
