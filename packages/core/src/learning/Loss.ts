/**
 * Losses: how wrong the outputs of a net are. A loss is any function of predictions and targets that gives one number; those of
 * the table have facts and documentation as well. Losses for classes take logits, the outputs before softmax or sigmoid: computed
 * together with the loss these are exact, computed alone they round to 0 or overflow.
 */
import { entry, type Table } from "./Entry.ts"
import { binaryCrossEntropy, categoricalCrossEntropy, hinge, hingeOptions, klDivergence, smoothing } from "./loss/classes.ts"
import type { Loss } from "./loss/Loss.ts"
import { cosine, huber, huberOptions, meanAbsoluteError, meanSquaredError, poisson } from "./loss/numbers.ts"

export { binaryCrossEntropy, categoricalCrossEntropy, hinge, klDivergence, type Margin, type Smoothing } from "./loss/classes.ts"
export { denominatorOf, heads, type LossValues, values } from "./loss/heads.ts"
export * from "./loss/Loss.ts"
export { cosine, huber, meanAbsoluteError, meanSquaredError, poisson } from "./loss/numbers.ts"

/** Every loss, by its name in a model file. */
export const table = {
  mse: entry({
    doc: "The mean squared error.",
    formula: "mean (ŷ - y)²",
    derivative: "∂/∂ŷ = 2(ŷ - y) over the number of outputs and of samples",
    source: "Legendre, Nouvelles méthodes pour la détermination des orbites des comètes, 1805; Gauss, Theoria motus, 1809",
    advice:
      "For numbers. A few large outliers dominate it: scale the target, or use huber. With a sigmoid output its gradient vanishes where the error is largest, so use a cross-entropy for classes.",
    synonyms: ["mean_squared_error", "MSELoss", "squared_error", "quadratic", "l2", "l2_loss"],
    options: {},
    make: (): Loss => meanSquaredError,
  }),
  mae: entry({
    doc: "The mean absolute error.",
    formula: "mean |ŷ - y|",
    derivative: "∂/∂ŷ = sign(ŷ - y), 0 at 0, over the number of outputs and of samples",
    source: "Boscovich, De litteraria expeditione per pontificiam ditionem, 1757; Laplace, 1793",
    advice:
      "For numbers with outliers: it fits the median. Its gradient does not shrink near the target, so use a falling learning rate.",
    synonyms: ["mean_absolute_error", "L1Loss", "absolute_error", "l1"],
    options: {},
    make: (): Loss => meanAbsoluteError,
  }),
  huber: entry({
    doc: "Squared for small errors, absolute for large ones.",
    formula: "mean of ½d² if |d| ≤ δ else δ(|d| - ½δ), d = ŷ - y",
    derivative: "∂/∂ŷ = d if |d| ≤ δ else δ sign(d), over the number of outputs and of samples",
    source: "Huber, Robust estimation of a location parameter, 1964",
    advice: "For numbers with outliers. An error above δ is treated as an outlier.",
    synonyms: ["HuberLoss", "SmoothL1Loss", "smooth_l1"],
    options: huberOptions,
    main: "delta",
    make: ({ delta }): Loss => huber(delta),
  }),
  categorical_cross_entropy: entry({
    doc: "The negative log-probability of the true class among several, from logits.",
    formula: "mean of -Σ p log softmax(z); with smoothing ε, p = (1 - ε) · target + ε / K",
    derivative: "∂/∂z = softmax(z) - p, over the number of samples",
    source: "Bridle, 1990; label smoothing: Szegedy et al., Rethinking the inception architecture, 2016",
    advice:
      "For one class out of several. Put no softmax before it. At the start it should be about log K for K classes. Some smoothing (0.1) keeps large nets from being overconfident.",
    synonyms: [
      "crossentropy",
      "CrossEntropyLoss",
      "sparse_categorical_crossentropy",
      "softmax_cross_entropy",
      "softmax_cross_entropy_with_logits",
      "NLLLoss",
      "nll",
      "negative_log_likelihood",
      "cce",
    ],
    options: { label_smoothing: smoothing },
    main: "label_smoothing",
    make: (options): Loss => categoricalCrossEntropy({ labelSmoothing: options.label_smoothing }),
  }),
  binary_cross_entropy: entry({
    doc: "The negative log-probability of the true answer, yes or no, from logits.",
    formula: "mean of log(1 + eᶻ) - zy; with smoothing ε, y = (1 - ε) · target + ε / 2",
    derivative: "∂/∂z = σ(z) - y, over the number of outputs and of samples",
    source: "Cox, The regression analysis of binary sequences, 1958",
    advice:
      "For yes or no, and for several independent labels. Put no sigmoid before it. At the start it should be about log 2 = 0.693.",
    synonyms: ["BCELoss", "BCEWithLogitsLoss", "bce", "log_loss", "sigmoid_cross_entropy"],
    options: { label_smoothing: smoothing },
    main: "label_smoothing",
    make: (options): Loss => binaryCrossEntropy({ labelSmoothing: options.label_smoothing }),
  }),
  hinge: entry({
    doc: "How far the score of the true class is from being ahead by a margin.",
    formula: "one output: mean max(0, margin - tz), t = ±1; K outputs: mean of Σ_{i≠y} max(0, margin - z_y + zᵢ) / K",
    derivative:
      "∂/∂z: one output, -t where tz < margin, else 0; K outputs, 1/K for each wrong class within the margin, and minus their sum for the true one (for a power of 2, times twice the missing margin)",
    source: "Cortes and Vapnik, Support-vector networks, 1995; Weston and Watkins, Multi-class support vector machines, 1998",
    advice:
      "The loss of support vector machines: samples that are correct by the margin have no effect. Its outputs are not probabilities. `power: 2` has no kink and penalizes large errors more.",
    synonyms: ["MultiMarginLoss", "categorical_hinge", "margin"],
    options: hingeOptions,
    main: "margin",
    make: ({ margin, power }): Loss => hinge({ margin, power: power === 2 ? 2 : 1 }),
  }),
  kl_divergence: entry({
    doc: "The Kullback-Leibler divergence of the predicted distribution over classes from the target's, from logits.",
    formula: "mean of Σ p log(p / softmax(z)), 0 log 0 = 0",
    derivative: "∂/∂z = softmax(z) - p, over the number of samples",
    source: "Kullback and Leibler, On information and sufficiency, 1951",
    advice:
      "For targets that are distributions, as in distillation: it is 0 when both are equal. Its gradient is that of categorical_cross_entropy.",
    synonyms: ["KLDivLoss", "kullback_leibler_divergence", "kl_div", "kld", "kl"],
    options: {},
    make: (): Loss => klDivergence,
  }),
  poisson: entry({
    doc: "The negative log-likelihood of a count under a Poisson distribution, from the logarithm of the expected count.",
    formula: "mean eᶻ - yz",
    derivative: "∂/∂z = eᶻ - y, over the number of outputs and of samples",
    source: "Nelder and Wedderburn, Generalized linear models, 1972",
    advice:
      "For counts (calls, goals, clicks), whose variance grows with their mean. The output is the logarithm of the expected count, so start with small outputs: large ones overflow.",
    synonyms: ["PoissonNLLLoss", "poisson_nll"],
    options: {},
    make: (): Loss => poisson,
  }),
  cosine: entry({
    doc: "1 minus the cosine of the angle between output and target.",
    formula: "mean of 1 - ŷ·y / (|ŷ| |y|)",
    derivative: "∂/∂ŷ = (cos · ŷ/|ŷ| - y/|y|) / |ŷ|, over the number of samples",
    source: "Salton, Wong and Yang, A vector space model for automatic indexing, 1975",
    advice: "For vectors of which only the direction matters, such as embeddings.",
    synonyms: ["cosine_similarity", "CosineEmbeddingLoss", "cosine_distance"],
    options: {},
    make: (): Loss => cosine,
  }),
} satisfies Table<Loss>

/** The name of a loss. */
export type Name = keyof typeof table
