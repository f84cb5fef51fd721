/**
 * Scores (metrics): numbers that say how good predictions are. A score is computed in two steps: sums over the samples of each
 * batch, and a number from the merged sums. It does not depend on how rows are divided into batches.
 */
import { entry, type Table } from "./Entry.ts"
import {
  accuracy,
  averageOptions,
  classReport,
  confusionMatrix,
  f1,
  precision,
  recall,
  topK,
  topKOptions,
} from "./score/decisions.ts"
import { meanAbsoluteError, meanSquaredError, r2, rootMeanSquaredError } from "./score/numbers.ts"
import { binOptions, calibrationError, logLoss, reliability } from "./score/probabilities.ts"
import { auprc, auroc, curves } from "./score/ranking.ts"
import type { Score } from "./score/Score.ts"

export {
  type Average,
  accuracy,
  type ClassReport,
  classReport,
  confusionMatrix,
  f1,
  type Matrix,
  precision,
  recall,
  topK,
} from "./score/decisions.ts"
export { type HeadScoreNames, type HeadScores, heads } from "./score/heads.ts"
export { labels } from "./score/labels.ts"
export * from "./score/numbers.ts"
export { type Bin, calibrationError, logLoss, reliability } from "./score/probabilities.ts"
export * from "./score/ranking.ts"
export {
  type Accumulated,
  accumulated,
  add,
  append,
  inUnits,
  type Merge,
  make,
  of,
  type Range,
  type Score,
  type ScoreFacts,
  type ScoreFunction,
} from "./score/Score.ts"
export { isKept, learned, restore, type Unit } from "./score/Unit.ts"

/** Every score that is one number, by its name in a model file. */
export const table = {
  accuracy: entry({
    doc: "The fraction of samples whose class is predicted correctly.",
    formula: "1/n Σ [ŷᵢ = yᵢ]",
    source: "Fisher, The use of multiple measurements in taxonomic problems, 1936",
    advice:
      "For classes of about equal size. If one class is rare, always predicting the other scores high: compare with the fraction of the largest class, and read the confusion matrix.",
    synonyms: ["acc", "accuracy_score", "categorical_accuracy", "sparse_categorical_accuracy", "binary_accuracy"],
    options: {},
    make: (): Score => accuracy,
  }),
  top_k: entry({
    doc: "The fraction of samples whose class is among the k most likely ones.",
    formula: "1/n Σ [yᵢ among the k largest of ŷᵢ]",
    source: "Russakovsky et al., ImageNet large scale visual recognition challenge, 2015",
    advice: "For many classes, some of them similar. With k equal to the number of classes it is always 1.",
    synonyms: ["top_k_accuracy", "top_k_categorical_accuracy", "sparse_top_k_categorical_accuracy"],
    options: topKOptions,
    main: "k",
    make: ({ k }): Score => topK(k),
  }),
  precision: entry({
    doc: "The fraction of the samples predicted as a class that belong to it.",
    formula: "TP / (TP + FP)",
    source: "Kent, Berry, Luehrs and Perry, Machine literature searching VIII, 1955",
    advice: "Use it where a false positive is costly. Read it together with recall: predicting only the surest cases raises it.",
    synonyms: ["precision_score", "positive_predictive_value"],
    options: averageOptions,
    main: "average",
    make: (options): Score => precision(options.average),
  }),
  recall: entry({
    doc: "The fraction of the samples of a class that are predicted as it.",
    formula: "TP / (TP + FN)",
    source: "Kent, Berry, Luehrs and Perry, Machine literature searching VIII, 1955",
    advice:
      "Use it where a false negative is costly. Always predicting yes makes it 1: read it together with precision. Its macro average is balanced accuracy.",
    synonyms: ["recall_score", "sensitivity", "true_positive_rate"],
    options: averageOptions,
    main: "average",
    make: (options): Score => recall(options.average),
  }),
  f1: entry({
    doc: "The harmonic mean of precision and recall.",
    formula: "2 TP / (2 TP + FP + FN)",
    source: "van Rijsbergen, Information retrieval, 1979",
    advice:
      "Use it where one class is rare, and false negatives and false positives are equally costly. It ignores true negatives.",
    synonyms: ["f1_score", "f_score", "f_measure"],
    options: averageOptions,
    main: "average",
    make: (options): Score => f1(options.average),
  }),
  auroc: entry({
    doc: "The area under the ROC curve: the probability that a sample of a class is ranked above one that is not of it.",
    formula: "P(ŷᵢ > ŷⱼ | yᵢ = 1, yⱼ = 0), ties count half; for several classes the mean of each against the others",
    source: "Hanley and McNeil, The meaning and use of the area under a receiver operating characteristic curve, 1982",
    advice:
      "Independent of the threshold and of the frequency of a class; ½ is chance. For a very rare class see auprc too. It keeps a row in memory for each sample.",
    synonyms: ["auc", "roc_auc", "roc_auc_score"],
    options: {},
    make: (): Score => auroc,
  }),
  auprc: entry({
    doc: "The area under the precision-recall curve, as average precision.",
    formula: "Σ (Rᵢ - Rᵢ₋₁) Pᵢ over falling thresholds; for several classes the mean of each against the others",
    source: "Buckley and Voorhees, Evaluating evaluation measure stability, 2000",
    advice: "For a rare class: chance is the fraction of its samples, not ½. It keeps a row in memory for each sample.",
    synonyms: ["average_precision", "average_precision_score", "pr_auc"],
    options: {},
    make: (): Score => auprc,
  }),
  log_loss: entry({
    doc: "The mean negative log-probability of the true class, from logits.",
    formula: "-1/n Σ log p(yᵢ)",
    source: "Good, Rational decisions, 1952",
    advice: "Cross-entropy without smoothing or weights: it compares runs with different losses.",
    synonyms: ["cross_entropy", "categorical_crossentropy", "binary_crossentropy", "nll"],
    options: {},
    make: (): Score => logLoss,
  }),
  calibration_error: entry({
    doc: "The mean difference between confidence and accuracy, from logits.",
    formula: "Σ nᵦ/n |accuracyᵦ - confidenceᵦ| over bins of confidence",
    source: "Guo, Pleiss, Sun and Weinberger, On calibration of modern neural networks, 2017",
    advice:
      "At 0, predictions with 90 % confidence are correct nine times in ten. A calibrated net can still be useless: read it together with accuracy. It depends on the number of bins.",
    synonyms: ["ece", "expected_calibration_error"],
    options: binOptions,
    main: "bins",
    make: (options): Score => calibrationError(options.bins),
  }),
  mse: entry({
    doc: "The mean squared error.",
    formula: "1/n Σ (ŷᵢ - yᵢ)²",
    source: "Gauss, Theoria motus, 1809",
    advice: "In the square of the target's unit; rmse is in the unit itself. A few outliers dominate it.",
    synonyms: ["mean_squared_error"],
    options: {},
    make: (): Score => meanSquaredError,
  }),
  rmse: entry({
    doc: "The root of the mean squared error.",
    formula: "√(1/n Σ (ŷᵢ - yᵢ)²)",
    source: "Gauss, Theoria motus, 1809",
    advice: "In the target's unit, like mae, but large errors count more.",
    synonyms: ["root_mean_squared_error"],
    options: {},
    make: (): Score => rootMeanSquaredError,
  }),
  mae: entry({
    doc: "The mean absolute error.",
    formula: "1/n Σ |ŷᵢ - yᵢ|",
    source: "Laplace, Théorie analytique des probabilités, 1812",
    advice: "In the target's unit: the average error of a prediction.",
    synonyms: ["mean_absolute_error"],
    options: {},
    make: (): Score => meanAbsoluteError,
  }),
  r2: entry({
    doc: "The fraction of the targets' variance that the predictions explain.",
    formula: "1 - Σ (ŷᵢ - yᵢ)² / Σ (yᵢ - ȳ)², the mean for several outputs",
    source: "Wright, Correlation and causation, 1921",
    advice:
      "0 is no better than predicting the mean, below 0 is worse. Compare it between targets of different units, but not between data with different variance. It keeps a row in memory for each sample.",
    synonyms: ["r_squared", "r2_score", "coefficient_of_determination"],
    options: {},
    make: (): Score => r2,
  }),
} satisfies Table<Score>

/** Every score that is more than one number. */
export const reports = {
  confusion_matrix: entry({
    doc: "The number of samples for each true class (rows) and predicted class (columns).",
    formula: "Mᵢⱼ = Σ [y = i, ŷ = j]",
    source: "Pearson, On the theory of contingency, 1904",
    advice:
      "A row shows how the samples of a class were predicted. Large numbers off the diagonal show which classes are confused.",
    options: {},
    make: () => confusionMatrix,
  }),
  class_report: entry({
    doc: "Precision, recall and F1 of each class.",
    formula: "TP / (TP + FP), TP / (TP + FN), 2 TP / (2 TP + FP + FN)",
    source: "van Rijsbergen, Information retrieval, 1979",
    advice: "Shows which class lowers an average. Numbers of classes with few samples are noisy.",
    options: {},
    make: () => classReport,
  }),
  curves: entry({
    doc: "The ROC curve and the precision-recall curve of each class against all others.",
    formula: "points (FPR, TPR) and (R, P) by falling threshold",
    source: "Swets, Measuring the accuracy of diagnostic systems, 1988",
    advice: "To choose a threshold by the cost of false negatives and false positives.",
    options: {},
    make: () => curves,
  }),
  reliability: entry({
    doc: "The accuracy of predictions by their confidence.",
    formula: "accuracy and mean confidence in bins of confidence",
    source: "DeGroot and Fienberg, The comparison and evaluation of forecasters, 1983",
    advice: "If the accuracy is below the confidence, the net is overconfident: use label smoothing, or stop earlier.",
    options: binOptions,
    main: "bins",
    make: (options) => reliability(options.bins),
  }),
} satisfies Table<Score<unknown>>

/** The name of a score that is one number. */
export type Name = keyof typeof table
