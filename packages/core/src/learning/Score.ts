/**
 * Scores: what a person reads to see how good a net is. A score is taken in two steps, sums over the samples of a batch
 * and a number out of the sums, so that the score of batches is the score of the whole, however it was cut.
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
export * from "./score/numbers.ts"
export { type Bin, calibrationError, logLoss, reliability } from "./score/probabilities.ts"
export * from "./score/ranking.ts"
export { add, append, inUnits, type Merge, of, type Score } from "./score/Score.ts"
export { isKept, restore, type Unit } from "./score/Unit.ts"

/** Every score that is one number, by the name a model file calls it. */
export const table = {
  accuracy: entry({
    doc: "The share of samples whose class is right.",
    formula: "1/n Σ [ŷᵢ = yᵢ]",
    source: "Fisher, The use of multiple measurements in taxonomic problems, 1936",
    advice:
      "For classes of about equal size. Where one class is rare, always guessing the other scores high: compare with the largest class's share, and read the confusion matrix.",
    synonyms: ["acc", "accuracy_score", "categorical_accuracy", "sparse_categorical_accuracy", "binary_accuracy"],
    options: {},
    make: (): Score => accuracy,
  }),
  top_k: entry({
    doc: "The share of samples whose class is among the k likeliest.",
    formula: "1/n Σ [yᵢ among the k largest of ŷᵢ]",
    source: "Russakovsky et al., ImageNet large scale visual recognition challenge, 2015",
    advice: "For many classes, some of them alike. Of k equal to the number of classes it is 1 whatever the net.",
    synonyms: ["top_k_accuracy", "top_k_categorical_accuracy", "sparse_top_k_categorical_accuracy"],
    options: topKOptions,
    main: "k",
    make: ({ k }): Score => topK(k),
  }),
  precision: entry({
    doc: "Of the samples a class was given to, the share that are of it.",
    formula: "TP / (TP + FP)",
    source: "Kent, Berry, Luehrs and Perry, Machine literature searching VIII, 1955",
    advice: "Where a false alarm is costly. Read it beside recall: it is easily raised by saying yes to the surest cases only.",
    synonyms: ["precision_score", "positive_predictive_value"],
    options: averageOptions,
    main: "average",
    make: (options): Score => precision(options.average),
  }),
  recall: entry({
    doc: "Of the samples of a class, the share that were found.",
    formula: "TP / (TP + FN)",
    source: "Kent, Berry, Luehrs and Perry, Machine literature searching VIII, 1955",
    advice:
      "Where a miss is costly. Saying yes to everything makes it 1: read it beside precision. Its macro average is balanced accuracy.",
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
      "Where one class is rare and misses and false alarms matter alike. It says nothing of how the net does on the other class.",
    synonyms: ["f1_score", "f_score", "f_measure"],
    options: averageOptions,
    main: "average",
    make: (options): Score => f1(options.average),
  }),
  auroc: entry({
    doc: "The area under the curve of hits against false alarms: how likely a sample of a class ranks before one that is not.",
    formula: "P(ŷᵢ > ŷⱼ | yᵢ = 1, yⱼ = 0), equal ones half; of several classes the mean of each against the others",
    source: "Hanley and McNeil, The meaning and use of the area under a receiver operating characteristic curve, 1982",
    advice:
      "Independent of the threshold and of how common a class is; ½ is chance. With a very rare class look at auprc too. It keeps a row for each sample.",
    synonyms: ["auc", "roc_auc", "roc_auc_score"],
    options: {},
    make: (): Score => auroc,
  }),
  auprc: entry({
    doc: "The area under the curve of precision against recall, as average precision.",
    formula: "Σ (Rᵢ - Rᵢ₋₁) Pᵢ over falling thresholds; of several classes the mean of each against the others",
    source: "Buckley and Voorhees, Evaluating evaluation measure stability, 2000",
    advice: "For a rare class: chance is its share, not ½. It keeps a row for each sample.",
    synonyms: ["average_precision", "average_precision_score", "pr_auc"],
    options: {},
    make: (): Score => auprc,
  }),
  log_loss: entry({
    doc: "How surprised the predicted probabilities are by the true class, from logits.",
    formula: "-1/n Σ log p(yᵢ)",
    source: "Good, Rational decisions, 1952",
    advice: "Cross-entropy without smoothing or weights, so that runs with other losses can be compared.",
    synonyms: ["cross_entropy", "categorical_crossentropy", "binary_crossentropy", "nll"],
    options: {},
    make: (): Score => logLoss,
  }),
  calibration_error: entry({
    doc: "How far the outputs' confidence is from how often they are right, from logits.",
    formula: "Σ nᵦ/n |accuracyᵦ - confidenceᵦ| over bins of confidence",
    source: "Guo, Pleiss, Sun and Weinberger, On calibration of modern neural networks, 2017",
    advice:
      "0 is a net whose 90 % is right nine times in ten. A net can be calibrated and useless: read it beside accuracy. It depends on the bins.",
    synonyms: ["ece", "expected_calibration_error"],
    options: binOptions,
    main: "bins",
    make: (options): Score => calibrationError(options.bins),
  }),
  mse: entry({
    doc: "The mean squared error.",
    formula: "1/n Σ (ŷᵢ - yᵢ)²",
    source: "Gauss, Theoria motus, 1809",
    advice: "In the square of the target's unit; its root is in the unit itself. A few outliers decide it.",
    synonyms: ["mean_squared_error"],
    options: {},
    make: (): Score => meanSquaredError,
  }),
  rmse: entry({
    doc: "The root of the mean squared error.",
    formula: "√(1/n Σ (ŷᵢ - yᵢ)²)",
    source: "Gauss, Theoria motus, 1809",
    advice: "In the target's unit, like mae, but a few far misses count more.",
    synonyms: ["root_mean_squared_error"],
    options: {},
    make: (): Score => rootMeanSquaredError,
  }),
  mae: entry({
    doc: "The mean absolute error.",
    formula: "1/n Σ |ŷᵢ - yᵢ|",
    source: "Laplace, Théorie analytique des probabilités, 1812",
    advice: "In the target's unit: how far off a prediction is on average.",
    synonyms: ["mean_absolute_error"],
    options: {},
    make: (): Score => meanAbsoluteError,
  }),
  r2: entry({
    doc: "The share of the targets' variance that the predictions explain.",
    formula: "1 - Σ (ŷᵢ - yᵢ)² / Σ (yᵢ - ȳ)², of several outputs the mean",
    source: "Wright, Correlation and causation, 1921",
    advice:
      "0 is no better than the mean, below 0 worse. It can be compared between targets of other units, not between sets of rows of other spread. It keeps a row for each sample.",
    synonyms: ["r_squared", "r2_score", "coefficient_of_determination"],
    options: {},
    make: (): Score => r2,
  }),
} satisfies Table<Score>

/** Every score that is more than one number. */
export const reports = {
  confusion_matrix: entry({
    doc: "How often each class was taken for each class: truth down, prediction across.",
    formula: "Mᵢⱼ = Σ [y = i, ŷ = j]",
    source: "Pearson, On the theory of contingency, 1904",
    advice: "Read it by rows: where a class's samples went. Large numbers off the diagonal say which two classes are mixed up.",
    options: {},
    make: () => confusionMatrix,
  }),
  class_report: entry({
    doc: "Precision, recall and F1 of each class.",
    formula: "TP / (TP + FP), TP / (TP + FN), 2 TP / (2 TP + FP + FN)",
    source: "van Rijsbergen, Information retrieval, 1979",
    advice: "Shows which class pulls an average down. Classes of few samples have noisy numbers.",
    options: {},
    make: () => classReport,
  }),
  curves: entry({
    doc: "Hits against false alarms (ROC) and precision against recall, for each class against all others.",
    formula: "points (FPR, TPR) and (R, P) by falling threshold",
    source: "Swets, Measuring the accuracy of diagnostic systems, 1988",
    advice: "To choose a threshold for what misses and false alarms cost.",
    options: {},
    make: () => curves,
  }),
  reliability: entry({
    doc: "How often outputs are right, by how sure they are.",
    formula: "accuracy and mean confidence in bins of confidence",
    source: "DeGroot and Fienberg, The comparison and evaluation of forecasters, 1983",
    advice: "A net that is less often right than it is sure is too sure: smooth the labels, or stop earlier.",
    options: binOptions,
    main: "bins",
    make: (options) => reliability(options.bins),
  }),
} satisfies Table<Score<unknown>>

/** The name of a score that is one number. */
export type Name = keyof typeof table
