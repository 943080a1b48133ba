"""Clipping rules: what each does to the gradient is one function, how it is offered is one catalogue entry.

Thresholds must be positive: with a negative one PyTorch's `clip_grad_norm_` silently reverses the gradient, and with
zero it stops the run. A gradient with NaN or Inf is never repaired: its row stops at that step.
"""

from __future__ import annotations

from clipscape.catalog import Catalog, Entry, Lines, Parameter, catalog
from clipscape.clipping import adaptive, fixed
from clipscape.plain import clipping as plain
from clipscape.plain import tensor_clipping as by_part

SMALLEST_THRESHOLD, LARGEST_THRESHOLD = 1e-12, 1e12


def _threshold(name: str, label: str, help_text: str, default: float = 1.0) -> Parameter:
    return Parameter(
        name=name,
        label=label,
        default=default,
        help=help_text,
        low=SMALLEST_THRESHOLD,
        high=LARGEST_THRESHOLD,
        scale="log",
        slider_low=0.01,
        slider_high=100.0,
        role="threshold",
    )


_MAX_NORM = _threshold(
    "max_norm",
    "Threshold",
    "The largest gradient norm that passes unchanged.",
)

_EACH_TENSOR = Lines(
    torch="for tensor in model.parameters(): torch.nn.utils.clip_grad_norm_(tensor, max_norm={max_norm})",
    keras="clipnorm={max_norm}",
    note="PyTorch divides by the norm plus 1e-6.",
)

CLIPPERS: Catalog = catalog(
    Entry(
        kind="none",
        label="No clipping",
        help="The gradient is used as it is.",
        make=fixed.no_clipping,
        formula=r"\hat{g} = g",
        source="Plain gradient descent.",
        traits={"shape": None, "preserves_direction": True},
        plain=(plain.no_clipping,),
    ),
    Entry(
        kind="norm",
        label="Norm",
        help="If the gradient is longer than the threshold, it is scaled down to that length. Its direction stays.",
        make=fixed.clip_by_norm,
        formula=r"\hat{g} = g \, \min\!\left(1, \frac{c}{\lVert g \rVert_2 + \epsilon}\right)",
        source="Pascanu, Mikolov, Bengio (2013), On the difficulty of training recurrent neural networks, Algorithm 1.",
        parameters=(
            _MAX_NORM,
            Parameter(
                name="epsilon",
                label="Divisor ε",
                default=0,
                type="choice",
                choices=(0, 1e-6),
                help="0 is exact (the paper, TensorFlow, Optax). PyTorch adds 1e-6 to the norm before dividing.",
            ),
        ),
        traits={"shape": "circle", "preserves_direction": True},
        plain=(plain.clip_by_norm,),
        spelled=Lines(
            torch="torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm={max_norm})",
            keras="global_clipnorm={max_norm}",
            optax="optax.clip_by_global_norm({max_norm})",
            note="PyTorch divides by the norm plus 1e-6.",
            torch_when={"epsilon": 1e-6},
        ),
    ),
    Entry(
        kind="value",
        label="Value",
        help="Every entry of the gradient is cut off at plus or minus the threshold. This can turn the gradient.",
        make=fixed.clip_by_value,
        formula=r"\hat{g}_i = \max(-v, \min(v, g_i))",
        source="Mikolov (2012); Goodfellow, Bengio, Courville (2016), Deep Learning, section 10.11.1.",
        parameters=(
            _threshold("clip_value", "Threshold", "The largest entry that passes unchanged, coordinate by coordinate."),
        ),
        traits={"shape": "square", "preserves_direction": False},
        plain=(plain.clip_by_value,),
        spelled=Lines(
            torch="torch.nn.utils.clip_grad_value_(model.parameters(), clip_value={clip_value})",
            keras="clipvalue={clip_value}",
            optax="optax.clip({clip_value})",
            torch_when={},
        ),
    ),
    Entry(
        kind="block_norm",
        label="Block norm",
        help="The norm of each block (each tensor of a network, each coordinate of a landscape) is clipped on its own, "
        "as Keras' clipnorm does. On a landscape this equals value clipping, on a network per-tensor clipping.",
        make=fixed.clip_by_block_norm,
        formula=r"\hat{g}_b = g_b \, \min\!\left(1, \frac{c}{\lVert g_b \rVert_2}\right)",
        source="Keras 3, Optimizer(clipnorm=...): each variable separately.",
        parameters=(_threshold("max_norm", "Threshold", "The largest norm of one block that passes unchanged."),),
        traits={"shape": "square", "preserves_direction": False},
        plain=(plain.clip_by_block_norm, by_part.clip_each_tensor),
        spelled=_EACH_TENSOR,
    ),
    Entry(
        kind="per_tensor",
        label="Per tensor",
        help="The norm of each tensor of a network is clipped on its own, as Keras' clipnorm does. This can turn the "
        "joint gradient. A landscape is one tensor: there it is norm clipping.",
        make=fixed.clip_per_tensor,
        formula=r"\hat{g}_b = g_b \, \min\!\left(1, \frac{c}{\lVert g_b \rVert_2}\right)",
        source="Keras 3, Optimizer(clipnorm=...): each variable separately.",
        parameters=(_threshold("max_norm", "Threshold", "The largest norm of one tensor that passes unchanged."),),
        traits={"shape": "circle", "preserves_direction": True},
        plain=(plain.clip_per_tensor, by_part.clip_each_tensor),
        spelled=_EACH_TENSOR,
    ),
    Entry(
        kind="infinity_norm",
        label="Infinity norm",
        help="The whole gradient is scaled down until its largest entry is at most the threshold. Its direction stays.",
        make=fixed.clip_by_infinity_norm,
        formula=r"\hat{g} = g \, \min\!\left(1, \frac{c}{\max_i |g_i|}\right)",
        source="PyTorch, clip_grad_norm_(norm_type=inf), without its 1e-6.",
        parameters=(_threshold("max_norm", "Threshold", "The largest entry allowed; all entries shrink together."),),
        traits={"shape": "square", "preserves_direction": True},
        plain=(plain.clip_by_infinity_norm,),
        spelled=Lines(
            torch="torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm={max_norm}, norm_type=math.inf)",
            note="PyTorch divides by the norm plus 1e-6.",
        ),
    ),
    Entry(
        kind="autoclip",
        label="AutoClip",
        help="Norm clipping whose threshold is a percentile of all gradient norms seen so far.",
        make=adaptive.autoclip,
        formula=r"c_t = \operatorname{percentile}_p\{\lVert g_1 \rVert, \dots, \lVert g_t \rVert\},\quad"
        r" \hat{g} = g \, \min\!\left(1, \frac{c_t}{\lVert g_t \rVert}\right)",
        source="Seetharaman, Wichern, Pardo, Le Roux (2020), AutoClip, Algorithm 1.",
        parameters=(
            Parameter(
                name="percentile",
                label="Percentile",
                default=10.0,
                low=0.0,
                high=100.0,
                help="10 clips about nine steps in ten; 0 keeps the smallest norm seen; 100 never clips.",
            ),
        ),
        traits={"shape": "circle", "preserves_direction": True},
        plain=(plain.autoclip,),
    ),
    Entry(
        kind="zclip",
        label="ZClip",
        help="Norms that stand out from their running mean by more than z₀ standard deviations are pulled back; the "
        "larger the spike, the stronger the cut.",
        make=adaptive.zclip,
        formula=r"z = \frac{\lVert g \rVert - \mu}{\sigma + 10^{-6}},\quad"
        r" \lVert \hat{g} \rVert = \mu + \frac{z_0^2 \sigma}{z} \;\text{ if } z > z_0",
        source="Kumar, Owen, Chowdhury, Güra (2025), ZClip, and the authors' code.",
        parameters=(
            Parameter(
                "alpha", "Memory α", 0.97, "Share of the old mean and variance that is kept.", low=0.0, high=0.9999
            ),
            Parameter(
                name="z_threshold",
                label="z₀",
                default=2.5,
                help="How many standard deviations above the mean a norm may lie.",
                low=0.1,
                high=20.0,
            ),
            Parameter("warmup_steps", "Warm-up steps", 25, "Steps that are only watched.", "int", low=1, high=1000),
            Parameter(
                name="max_norm",
                label="Cap",
                default=0.0,
                help="A fixed cap on every norm besides; 0 means none. The authors' code defaults to 1, which "
                "hides the adaptive part on small problems.",
                low=0.0,
                high=LARGEST_THRESHOLD,
                slider_high=100.0,
            ),
        ),
        traits={"shape": "circle", "preserves_direction": True},
        plain=(plain.zclip,),
    ),
    Entry(
        kind="agc",
        label="Adaptive (AGC)",
        help="The gradient may be at most a fixed fraction of the size of the parameters themselves; in a network unit "
        "by unit, and not in the readout.",
        make=adaptive.adaptive_grad_clip,
        formula=r"\hat{g} = g \, \min\!\left(1, \lambda \frac{\max(\lVert w \rVert, \epsilon)}{\lVert g \rVert}\right)",
        source="Brock, De, Smith, Simonyan (2021), High-performance image recognition without normalization, eq. 3.",
        parameters=(
            Parameter(
                name="clipping",
                label="Fraction λ",
                default=0.01,
                help="Largest ratio of gradient norm to parameter norm. 0.01 for large batches, to 0.16 for small.",
                low=1e-6,
                high=1e3,
                scale="log",
                slider_low=1e-3,
                slider_high=10.0,
            ),
            Parameter(
                name="eps",
                label="Smallest size ε",
                default=1e-3,
                help="Parameters smaller than this count as this large.",
                low=1e-12,
                high=1.0,
                scale="log",
                slider_low=1e-6,
            ),
        ),
        traits={"shape": "circle", "preserves_direction": True},
        plain=(plain.adaptive_grad_clip, by_part.adaptive_grad_clip_by_unit),
        spelled=Lines(
            optax="optax.adaptive_grad_clip({clipping}, eps={eps})",
            note="Optax takes matrices as (inputs, units), and clips the readout too.",
        ),
    ),
    Entry(
        kind="adagc",
        label="AdaGC",
        help="Norm clipping at a little more than the running mean of the clipped norms, each tensor of a network on "
        "its own, after a warm-up at a fixed threshold.",
        make=adaptive.adagc,
        formula=r"h = \min\!\left(1, \lambda \frac{\gamma_{t-1}}{\lVert g \rVert}\right),\quad"
        r" \gamma_t = \beta \gamma_{t-1} + (1 - \beta) \lVert h g \rVert",
        source="Wang et al. (2025), AdaGC: equations from the authors' README, constants from two ports.",
        parameters=(
            Parameter("relative_threshold", "λ", 1.05, "Allowed growth over the running mean.", low=1.0, high=100.0),
            Parameter("beta", "Memory β", 0.98, "Share of the old running mean that is kept.", low=0.0, high=0.9999),
            _threshold("absolute_threshold", "Warm-up threshold", "The norm threshold while warming up."),
            Parameter("warmup_steps", "Warm-up steps", 100, "Length of the warm-up.", "int", low=0, high=5000),
        ),
        traits={"shape": "circle", "preserves_direction": True},
        plain=(plain.adagc, by_part.adagc_by_tensor),
    ),
    Entry(
        kind="normalized",
        label="Normalised",
        help="Only the direction of the gradient is used: every step has the length of the learning rate, far from the "
        "minimum and near it.",
        make=fixed.normalized,
        formula=r"\hat{g} = \frac{g}{\lVert g \rVert_2 + \beta}",
        source="Zhang, He, Sra, Jadbabaie (2020), Why gradient clipping accelerates training.",
        parameters=(
            Parameter(
                name="beta",
                label="β",
                default=0.0,
                help="Softens the rule near the minimum: with β > 0 small gradients give small steps.",
                low=0.0,
                high=LARGEST_THRESHOLD,
                slider_high=10.0,
            ),
        ),
        traits={"shape": "circle", "preserves_direction": True},
        plain=(plain.normalized,),
        spelled=Lines(optax="optax.normalize_by_update_norm(eps={beta})"),
    ),
    Entry(
        kind="soft",
        label="Soft",
        help="A smooth form of norm clipping: always shrinks a little, and never lets the norm reach the threshold.",
        make=fixed.soft_clip,
        formula=r"\hat{g} = \frac{g}{1 + \lVert g \rVert_2 / c}",
        source="Zhang, Jin, Fang, Wang (2020), Improved analysis of clipping algorithms, the authors' code.",
        parameters=(_threshold("max_norm", "Threshold", "The norm that very large gradients tend to."),),
        traits={"shape": "circle", "preserves_direction": True},
        plain=(plain.soft_clip,),
    ),
    Entry(
        kind="random_step",
        label="Random step",
        help="If the norm exceeds the threshold, the gradient is replaced by a random one of exactly that norm.",
        make=fixed.random_step,
        formula=r"\hat{g} = \begin{cases} g & \lVert g \rVert_2 \le c \\"
        r" c\,u,\; u \sim \text{unit sphere} & \lVert g \rVert_2 > c \end{cases}",
        source="Goodfellow, Bengio, Courville (2016), Deep Learning, section 10.11.1.",
        parameters=(_MAX_NORM,),
        traits={"shape": "circle", "preserves_direction": False},
        plain=(plain.random_step,),
    ),
    Entry(
        kind="per_example",
        label="Per example (DP-SGD)",
        help="The gradient of every example is clipped before they are averaged, then Gaussian noise may be added. "
        "Needs a problem that is a sum over examples.",
        make=fixed.clip_per_example,
        formula=r"\hat{g} = \frac{1}{L} \left( \sum_i g_i \min\!\left(1, \frac{C}{\lVert g_i \rVert}\right)"
        r" + \mathcal{N}(0, \sigma^2 C^2 I) \right)",
        source="Abadi et al. (2016), Deep learning with differential privacy, Algorithm 1.",
        parameters=(
            _threshold("max_norm", "Threshold C", "The largest norm of one example's gradient that passes unchanged."),
            Parameter(
                name="noise_multiplier",
                label="Noise σ",
                default=0.0,
                help="Standard deviation of the noise on the sum, in units of C. 0 adds none.",
                low=0.0,
                high=100.0,
                slider_high=5.0,
            ),
        ),
        traits={"shape": "circle", "preserves_direction": False, "per_example": True, "positions": ("before",)},
        plain=(plain.clip_per_example,),
        spelled=Lines(
            optax="optax.contrib.differentially_private_aggregate({max_norm}, {noise_multiplier}, key={seed})",
            note="PyTorch: Opacus, make_private(max_grad_norm=..., noise_multiplier=...). Optax wants the gradient of "
            "every example, and draws other noise.",
        ),
    ),
)
