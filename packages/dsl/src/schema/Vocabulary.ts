/**
 * Names from Keras, PyTorch, Ludwig and scikit-learn for the keys of each section, and keys of theirs that belong elsewhere
 * or have no counterpart. Synonyms of layers, optimizers, losses and other entries, and of their options, are on the
 * entries of core's tables instead.
 */
import type * as Document from "../Document.ts"
import type { Synonyms } from "../diagnostic/Suggest.ts"
import { isRecord } from "../source/Data.ts"
import type { ElsewhereTable } from "./Annotation.ts"
import { flow } from "./Mend.ts"
import { instead, moved, nameOf, needless, percent, renamedTo } from "./Misplaced.ts"

/** Other names for the keys of a section. */
type Names<Section> = { readonly [K in keyof Section & string]?: ReadonlyArray<string> }

/** The words that users of other libraries type for the keys of a section. */
interface Words<Section> {
  readonly synonyms?: Names<Section>
  readonly elsewhere?: ElsewhereTable
  readonly later?: ReadonlyArray<string>
  readonly besides?: ReadonlyArray<string>
}

const valPart = moved(["data", "split", "val"], "validation rows are part of the split: `data: { split: { val: 20% } }`", percent)
const testPart = moved(["data", "split", "test"], "test rows are part of the split: `data: { split: { test: 20% } }`", percent)
const shuffled = needless("the training rows are shuffled before every epoch: remove it", [true])
const onCpu = needless("a run uses the CPU; `--threads` sets the number of threads: remove it")
const onlyF32 = needless("parameters and data are 32-bit floats: remove it")
const logged = needless("every run writes its scores to `metrics.csv`, and plots of them: remove it")
const foldered = needless("each run has its own folder under `--runs`: remove it")
const reproducible = needless("the same seed always gives the same bits: remove it")
const compiled = needless("every step is compiled: remove it")
const printed = needless("the options of the command control its output: remove it")

const earlyStop = (option: string): string =>
  `\`${option}\` is an option of a callback: \`callbacks: [{ early_stop: { ${option}: … } }]\``

const smoothing = "label smoothing is an option of the loss: `loss: { categorical_cross_entropy: { label_smoothing: 0.1 } }`"
const decays = "weight decay is an option of the optimizer: `optimizer: { adamw: { weight_decay: 0.01 } }`"
const rate = "the learning rate is an option of the optimizer: `optimizer: { adam: { lr: 0.001 } }`"
/** Where a table declares its target. */
export const targetColumn = "the target is a column with the type `class`, or with `role: target`: `columns: { species: class }`"
const seeds = "`train: { seed: 1 }` is the seed of the run, `data: { split: { seed: 1 } }` the seed of the split"
const ofOptimizer = "this is an option of the optimizer, as in `optimizer: { adam: { beta1: 0.9 } }`"
const ofSchedule = "this is an option of a schedule, as in `schedule: { step: { every: 10, factor: 0.1 } }`"
const warmUp =
  "a warm-up is a schedule, counted in epochs or as a share of the run: `schedule: { warmup_cosine: { warmup: 5% } }`"
const everyEpoch = "scores of the training and validation rows are computed after every epoch: remove it"
const wholeEpochs = "an epoch uses every training row once: use fewer with `data: { split: { train: 10% } }`"

/** The learning rate, beside the optimizer instead of in it. */
const learningRate: ElsewhereTable[string] = (found) =>
  moved([...found.path.slice(0, -1), "optimizer", nameOf(found.map.optimizer) ?? "adam", "lr"], rate)(found)

/** Inputs that stand outside of the model: a map of names belongs into it. */
const inputsOfModel: ElsewhereTable[string] = (found) => {
  const columns =
    "the inputs are the columns of the data that are not targets: `data: { columns: { age: number, city: category } }`; named inputs belong under `model`: `model: { inputs: { person: [age, city] } }`"
  return isRecord(found.value) ? moved(["model", "inputs"], "named inputs belong under `model`")(found) : { help: columns }
}

/** The whole file. */
export const file = {
  synonyms: {
    schema: ["version", "schema_version"],
    name: ["title", "model_name", "experiment_name"],
    data: ["dataset", "datasets"],
    model: ["network", "net", "architecture"],
    pretrain: ["pretraining"],
    train: ["training", "trainer", "fit"],
    evaluate: ["evaluation", "eval"],
    search: ["hyperopt", "tune", "tuning", "sweep", "hpo", "optuna", "hyperparameter_search"],
  },
  elsewhere: {
    variables: renamedTo("vars"),
    input_features: inputsOfModel,
    output_features:
      "each target is a column of the data, and a head predicts it: `columns: { y: class }`, `- head: y`; several targets have a head each",
    preprocessing: "preparation is set per column: `data: { columns: { age: { type: number, scale: standard } } }`",
    combiner: "`model: { layers: [ … ] }` holds the layers",
    defaults: 'options for all columns that are not named belong under `"*"` in `data.columns`',
    backend: onCpu,
    device: onCpu,
    layers: "layers belong under `model`",
    split: moved(["data", "split"], "the split belongs to the data: `data: { split: { val: 20% } }`"),
    seed: seeds,
    random_state: seeds,
    lr: rate,
    learning_rate: rate,
    target: targetColumn,
    label: targetColumn,
    outputs: targetColumn,
    inputs: inputsOfModel,
    test: "a separate test set belongs under `data`: `data: { test: test.csv }`",
    val: "validation rows are part of the split: `data: { split: { val: 20% } }`",
    early_stopping: "callbacks are written as a list: `train: { callbacks: [early_stop] }`",
    early_stop: "callbacks are written as a list: `train: { callbacks: [early_stop] }`",
    checkpoint: "callbacks are written as a list: `train: { callbacks: [checkpoint] }`",
    model_type: "a model is its list of layers and has no type: remove it",
    hyperparameters: "values that are used in several places belong under `vars`, and are read as `$name`",
    params: "values that are used in several places belong under `vars`, and are read as `$name`",
    logger: logged,
    experiment: "the name of the model, and of the folder of its runs, is `name`",
  },
  later: ["extends", "report", "export"],
  besides: ["vars"],
} as const satisfies Words<Document.ModelFile & { readonly search: Document.Search }>

/** The kinds of named arrays, by the names of others. */
export const arrayKinds = {
  image: ["images", "picture", "photo", "img"],
  number: ["numbers", "float", "float32", "vector", "tensor", "numerical", "numeric", "continuous"],
  tokens: ["token", "token_ids", "input_ids", "ids", "sequence", "text", "words"],
  class: ["label", "labels", "category", "target", "classes"],
} as const

/** `data`. */
export const data = {
  synonyms: {
    source: ["file", "path", "filename", "file_path", "src", "url"],
    columns: ["features", "fields", "column_types"],
    arrays: ["tensors", "named_arrays"],
    image: ["images", "img"],
    scale: ["scaling", "scaler", "normalize", "normalization"],
    pca: ["principal_components", "whitening", "zca", "zca_whitening", "dimensionality_reduction"],
    series: ["time_series", "windows"],
    split: ["splits"],
    test: ["test_data", "test_set", "test_source"],
  },
  elsewhere: {
    label: targetColumn,
    labels: targetColumn,
    y: targetColumn,
    target_column: targetColumn,
    label_column: targetColumn,
    classes: "the classes are the names in the target's column: `columns: { species: class }`",
    class_names: "the classes are the names in the target's column: `columns: { species: class }`",
    x: "the inputs are the columns that are not the target: `columns: { age: number, city: category }`",
    feature_columns: "the inputs are the columns that are not the target: `columns: { age: number, city: category }`",
    usecols: 'columns that are not used are ignored: `columns: { "*": ignore }`',
    index_col: "a column that is not used is ignored: `columns: { id: ignore }`",
    dtype: "each column has a type: `columns: { age: number, city: category }`",
    na_values: "empty cells and `NA` are blanks; each column sets what replaces them: `{ type: number, missing: median }`",
    preprocessing: "preparation is set per column: `{ type: number, missing: median, scale: standard }`",
    transform: "preparation is set per column: `{ type: number, missing: median, scale: standard }`",
    transforms: "preparation is set per column: `{ type: number, missing: median, scale: standard }`",
    seed: "the seed of the split is `split: { seed: 1 }`",
    random_state: "the seed of the split is `split: { seed: 1 }`",
    train: "the training rows are those of `source` without the validation and test parts of the `split`",
    train_path: "the training rows are those of `source` without the validation and test parts of the `split`",
    test_path: "a separate test set is `test: test.csv`",
    validation_data: "validation rows are part of the split: `split: { val: 15% }`",
    val_data: "validation rows are part of the split: `split: { val: 15% }`",
    csv: "a file is the source: `source: data.csv`, or `source: { csv: { path: data.txt } }`",
    type: "the type of data follows from the source: `source: data.csv`",
    name: moved(["name"], "the name is a key of the whole file"),
    color_mode: "`image: { size: [28, 28], channels: 3 }` sets the number of channels",
    sampler:
      "training rows are shuffled before every epoch; `regularize: { class_weight: balanced }` gives rare classes more weight",
    pin_memory: onCpu,
    validation_split: valPart,
    val_split: valPart,
    validation: "validation rows are part of the split: `split: { val: 15% }`",
    val: "validation rows are part of the split: `split: { val: 15% }`",
    test_size: testPart,
    test_split: testPart,
    shuffle: shuffled,
    num_workers: onCpu,
    delimiter: "the delimiter belongs to the source: `source: { csv: { path: data.csv, delimiter: ; } }`",
    sep: "the delimiter belongs to the source: `source: { csv: { path: data.csv, delimiter: ; } }`",
    header: "the header belongs to the source: `source: { csv: { path: data.csv, header: false } }`",
    augmentation: "augmentation layers are active only during training: `- random_flip`",
  },
} as const satisfies Words<Document.Data>

const probabilities = instead("the parts have names: `train: 70%, val: 10%, test: 20%`", (value) => {
  const shares = Array.isArray(value) ? value.map(percent) : []
  const names = ["train", "val", "test"]
  return shares.length === 3 && shares.every((share) => share !== undefined)
    ? shares.map((share, i) => `${names[i]}: ${share}`).join(", ")
    : undefined
})

/** `data.split`. */
export const split = {
  synonyms: {
    train: ["train_size", "train_split", "training", "train_fraction", "train_ratio"],
    val: [
      "validation",
      "valid",
      "dev",
      "val_split",
      "val_size",
      "val_fraction",
      "val_ratio",
      "validation_split",
      "validation_size",
      "validation_fraction",
    ],
    test: ["test_size", "test_split", "test_fraction", "test_ratio", "holdout"],
    unlabelled: ["unlabeled"],
    stratify: ["stratify_by", "stratified", "stratify_column"],
    group: ["groups", "group_by", "group_column"],
    by: ["order", "ordered", "temporal", "time_order", "chronological"],
    column: ["split_column", "part_column", "predefined", "predefined_split"],
    folds: ["n_splits", "cv", "k_folds", "k", "num_folds", "n_folds", "kfold"],
    repeats: ["n_repeats", "repetitions"],
    fold: ["fold_index"],
    seed: ["random_state", "random_seed"],
  },
  elsewhere: {
    shuffle: instead("rows are shuffled before they are divided, unless they are divided in their order: `by: order`", (value) =>
      value === false ? "by: order" : undefined,
    ),
    type: needless("rows are divided at random, in the proportions of `stratify` if that is given: remove it", ["random"]),
    probabilities,
    method: needless("rows are divided at random, in the proportions of `stratify` if that is given: remove it", [
      "random",
      "stratified",
    ]),
    ratio: "each part has its own share: `train: 70%, val: 10%, test: 20%`",
    fraction: "each part has its own share: `train: 70%, val: 10%, test: 20%`",
  },
} as const satisfies Words<Document.Split>

/** `data.series`. */
export const series = {
  synonyms: {
    window: ["window_size", "lookback", "seq_len", "sequence_length", "context_length", "lags", "n_lags", "history"],
    horizon: ["horizons", "steps_ahead", "forecast_horizon", "prediction_length", "lead", "output_length"],
    step: ["stride", "sequence_stride"],
    time: ["time_column", "timestamp", "date", "index", "time_idx", "ds"],
    group: ["group_by", "groups", "group_ids", "id", "series", "unique_id"],
    gaps: ["irregular", "missing_times"],
    overlap: ["allow_overlap"],
  },
} as const satisfies Words<Document.Series>

/** A share of the rows, written as a fraction. */
export const amount = (value: unknown): { readonly help: string; readonly text: string } | undefined => {
  const text = typeof value === "number" && value < 1 ? percent(value) : undefined
  return text === undefined ? undefined : { help: `write the share as \`${text}\`; a whole number counts rows`, text }
}

/** Whether to stratify, where the column to stratify by is wanted. */
export const stratify = (value: unknown): { readonly help: string } | undefined =>
  typeof value === "boolean"
    ? {
        help: value
          ? "name the column whose classes each part gets in the same proportion"
          : "leave it out: rows are divided at random",
      }
    : undefined

/** How numbers are scaled. */
export const scale = {
  standard: ["zscore", "z-score", "standardize", "StandardScaler", "normalize", "norm"],
  minmax: ["MinMaxScaler", "rescale", "unit"],
  center: ["mean", "demean"],
} as const

/** Options of the columns of others that have no place in the options of a column here. */
export const columnOptions = {
  name: "the name of a column is its key: `age: { type: number }`",
  target: instead("set the role of the column: `role: target`", (value) => (value === true ? "role: target" : undefined)),
  preprocessing: "options belong beside `type`: `{ type: number, missing: median, scale: standard }`",
} as const satisfies ElsewhereTable

/** `model`. */
export const model = {
  synonyms: {
    input: ["input_shape", "input_size", "input_dim"],
    inputs: ["input_features", "input_layers", "named_inputs"],
    init: ["initializer", "initialization", "weight_init", "kernel_initializer"],
    layers: ["modules", "stack", "sequential"],
  },
  elsewhere: {
    type: needless("a model is its list of layers and has no type: remove it"),
    name: moved(["name"], "the name is a key of the whole file"),
    hidden_layer_sizes: "each layer is an item of `layers`: `- dense: { units: 100, activation: relu }`",
    units: "units belong to a layer: `- dense: 16`",
    activation: "an activation belongs to a layer: `- dense: { units: 16, activation: relu }`",
    dropout: "dropout is a layer: `- dropout: 0.5`",
    head: "the head is the last of the layers: `- head: label`",
    output: "each output is a head, and the last layer is one: `- head: label`",
    outputs: "each output is a head, and the last layer is one: `- head: label`",
    num_classes: "the head has as many outputs as the target needs: `- head: label`",
    n_classes: "the head has as many outputs as the target needs: `- head: label`",
    output_dim: "the head has as many outputs as the target needs: `- head: label`",
    hidden_layers: "each layer is an item of `layers`: `- dense: { units: 100, activation: relu }`",
    num_layers: "each layer is an item of `layers`; to repeat some, use `repeat: { times: 3, layers: [ … ] }`",
    embedding_size: "an embedding is a layer: `- embedding: { tokens: 1000, units: 16 }`",
    batch_norm: "normalization is a layer: `- batch_norm`",
    bias: "a bias belongs to a layer: `- dense: { units: 16, bias: false }`",
    encoder: "write all layers in one list; a `block` groups layers",
    decoder: "write all layers in one list; a `block` groups layers",
    backbone: "write all layers in one list; a `block` groups layers",
    pretrained: "weights start from the initializers, or from `pretrain`",
    weights: "weights start from the initializers, or from `pretrain`",
    trainable: "frozen layers are listed in `train: { freeze: [h1] }`",
    dtype: onlyF32,
    device: onCpu,
    task: needless("the task follows from the type of the target column: remove it"),
  },
  besides: ["blocks"],
} as const satisfies Words<Document.Model>

/** How layers are joined, grouped and ended, by the names of others. */
export const layerForms = {
  add: ["skip", "residual", "sum", "shortcut"],
  multiply: ["mul", "product"],
  concat: ["concatenate", "cat", "merge"],
  block: ["sequential", "group"],
  repeat: ["loop", "stack"],
  head: ["output", "output_layer", "outputs", "classifier", "predictions", "logits"],
} as const

const penalty = "weight penalties apply to the whole model: `train: { regularize: { l2: 0.01 } }` adds ½·0.01·w² for every weight"

/** Layers of others that have no counterpart, or one of another kind. */
export const layerNames = {
  input: "the input comes from the data: remove the layer, or set its shape in `model.input`",
  input_layer: "the input comes from the data: remove the layer, or set its shape in `model.input`",
  bidirectional:
    "give two recurrent layers the same input, one with `reverse: true`, and join them: `- concat: [forwards, backwards]`",
  time_distributed: "`dense` on a sequence is already applied to each time step: remove the wrapper",
  lambda: "a model file contains no code: each layer is one of the catalogue",
  rescaling: "images are scaled in the data: `data: { image: { size: [28, 28], scale: unit } }`",
  normalization: "inputs are scaled in the data: `{ type: number, scale: standard }`",
  random_vertical_flip: "write `- random_flip: vertical`",
  zero_padding2d: "padding is an option of the convolution: `conv2d: { filters: 8, kernel: 3, pad: 1 }`",
  zero_pad2d: "padding is an option of the convolution: `conv2d: { filters: 8, kernel: 3, pad: 1 }`",
  instance_norm2d: "`group_norm` with as many groups as channels normalizes each channel separately",
  conv3d: "only one- and two-dimensional convolutions are supported: `conv1d` and `conv2d`",
  max_pool3d: "only one- and two-dimensional pooling is supported: `max_pool`",
  activation: "an activation is a layer with its own name: `- relu`",
  separable_conv2d: "write a `conv2d` with as many `groups` as channels, then a `conv2d` with `kernel: 1`",
  depthwise_conv2d: "write a `conv2d` with as many `groups` as channels",
  up_sampling2d: "`conv_transpose2d` with `stride: 2` doubles the size of an image",
  upsample: "`conv_transpose2d` with `stride: 2` doubles the size of an image",
  pixel_shuffle: "`conv_transpose2d` with `stride: 2` doubles the size of an image",
  gaussian_dropout: "the nearest is `dropout`, or `gaussian_noise`",
  masking: "all sequences have the same length, so masking is not supported",
  average: "`add` sums layers of equal shape, by name",
  subtract: "`add` and `multiply` join layers of equal shape, by name",
  maximum: "`add` and `multiply` join layers of equal shape, by name",
  dot: "`add` and `multiply` join layers of equal shape, by name",
  module_list: "a group of layers is a `block: { layers: [ … ] }`",
  mlp: "each layer is an item of its own: `- dense: { units: 16, activation: relu }`",
  rbm: "RBMs are trained first, under `pretrain`: `- rbm: { layer: h1 }`",
  resizing: "the size of images is set in the data: `data: { image: { size: [28, 28] } }`",
  category_encoding: "a column of names is encoded according to its type: `columns: { city: category }`",
  string_lookup: "a column of names is encoded according to its type: `columns: { city: category }`",
  activity_regularization: penalty,
  transformer_decoder: "`transformer_encoder: { heads: 4, causal: true }` sees only earlier time steps",
  bilinear: "`multiply` joins two layers of equal shape, by name",
  random_crop: "the nearest is `random_shift`, or `random_zoom`",
  permute: "axes cannot be permuted; `reshape` changes only the shape",
} as const

const inferred = needless("the input size is inferred from the layer above or the data: remove it")
const beside: ElsewhereTable[string] = (found) =>
  moved(
    [...found.path.slice(0, -2), found.key],
    `\`${found.key}\` belongs beside the layer: \`{ dense: 8, ${found.key}: h1 }\``,
  )(found)

/** Options of the layers of others that have no place in the options of a layer here. */
export const layerOptions = {
  in_channels: inferred,
  in_features: inferred,
  input_size: inferred,
  input_dim: inferred,
  input_shape: inferred,
  num_features: inferred,
  embed_dim: inferred,
  d_model: inferred,
  name: beside,
  from: beside,
  l1: penalty,
  l2: penalty,
  weight_decay: penalty,
  kernel_regularizer: penalty,
  bias_regularizer: penalty,
  activity_regularizer: penalty,
  kernel_constraint: "a weight limit applies to the whole model: `train: { regularize: { max_norm: 3 } }`",
  dropout: "dropout is a layer: put `- dropout: 0.5` below this one",
  dropout_rate: "dropout is a layer: put `- dropout: 0.5` below this one",
  batch_norm: "normalization is a layer: put `- batch_norm` below this one",
  norm: "normalization is a layer: put `- batch_norm` or `- layer_norm` below this one",
  pool_size: "pooling is a layer: put `- max_pool: 2` below this one",
  stateful: needless("every sequence starts with a zero state: remove it", [false]),
  unroll: needless("the compiler decides how a layer is computed: remove it"),
  time_major: needless("sequences are [time, features], with the batch first: remove it", [false]),
  unit_forget_bias: instead("`forget_bias: 1` sets the initial bias of the forget gate", (value) =>
    typeof value === "boolean" ? `forget_bias: ${value ? 1 : 0}` : undefined,
  ),
  activation: "the activations of this layer are fixed: put another activation below it",
  recurrent_activation: needless("the gates are sigmoids: remove it", ["sigmoid"]),
  recurrent_dropout: "dropout is a layer: put `- dropout: 0.5` below this one",
  num_layers: "each layer is an item of its own: use `repeat: { times: 2, layers: [ … ] }`",
  bidirectional: layerNames.bidirectional,
  batch_first: needless("sequences are [time, features], with the batch first: remove it", [true]),
  return_sequences: instead("`give: all` returns the output of every time step, `give: last` only the last", (value) =>
    typeof value === "boolean" ? `give: ${value ? "all" : "last"}` : undefined,
  ),
  return_state: "layers return only their outputs; `give: last` returns the final output",
  trainable: "name the layer and list it: `train: { freeze: [h1] }`",
  requires_grad: "name the layer and list it: `train: { freeze: [h1] }`",
  inplace: needless("the compiler decides how memory is used: remove it"),
  data_format: needless("images are always [height, width, channels]: remove it", ["channels_last", "NHWC"]),
  padding_mode: needless("padding is always with zeros: remove it", ["zeros"]),
  device: onCpu,
  dtype: onlyF32,
  units: "this layer has no `units`: its output has the same size as its input",
} as const

/** `train`. */
export const train = {
  synonyms: {
    seed: ["random_seed", "random_state", "manual_seed"],
    epochs: ["n_epochs", "num_epochs", "max_epochs", "num_train_epochs", "max_iter", "n_iter", "iterations"],
    batch: ["batch_size", "minibatch", "minibatch_size", "train_batch_size", "per_device_train_batch_size"],
    shards: ["n_shards", "num_shards", "shard"],
    loss: ["criterion", "objective", "cost", "loss_function", "loss_fn"],
    losses: ["loss_weights", "criterions", "criteria", "loss_functions", "head_losses", "losses_and_weights"],
    optimizer: ["optimiser", "opt", "solver"],
    schedule: ["scheduler", "lr_schedule", "lr_scheduler", "learning_rate_schedule", "learning_rate_scheduler"],
    regularize: ["regularization", "regularizer", "regularizers"],
    metrics: ["metric", "scores", "scoring"],
    callbacks: ["callback"],
  },
  elsewhere: {
    lr: learningRate,
    learning_rate: learningRate,
    learning_rate_init: learningRate,
    nesterov: ofOptimizer,
    nesterovs_momentum: ofOptimizer,
    beta1: ofOptimizer,
    beta_1: ofOptimizer,
    beta2: ofOptimizer,
    beta_2: ofOptimizer,
    betas: ofOptimizer,
    eps: ofOptimizer,
    epsilon: ofOptimizer,
    optimizer_params: ofOptimizer,
    alpha: "`l2` under `regularize` is the weight of the penalty: `regularize: { l2: 1e-4 }`",
    penalty: "penalties belong under `regularize`: `regularize: { l1: 0, l2: 1e-4 }`",
    regularization_lambda: "`l2` under `regularize` is the weight of the penalty: `regularize: { l2: 1e-4 }`",
    regularization_type: "penalties belong under `regularize`: `regularize: { l1: 0, l2: 1e-4 }`",
    gradient_clip_algorithm: "`clip_norm`, `clip_layer_norm` and `clip_value` belong under `regularize`",
    decay: ofSchedule,
    decay_rate: ofSchedule,
    decay_steps: ofSchedule,
    step_size: ofSchedule,
    gamma: ofSchedule,
    T_max: ofSchedule,
    staircase: ofSchedule,
    lr_scheduler_type: ofSchedule,
    warmup_ratio: warmUp,
    momentum: "momentum is an option of the optimizer: `optimizer: { sgd: { lr: 0.1, momentum: 0.9 } }`",
    weight_decay: decays,
    patience: earlyStop("patience"),
    monitor: earlyStop("monitor"),
    min_delta: earlyStop("min_delta"),
    restore_best: earlyStop("restore_best"),
    restore_best_weights: earlyStop("restore_best"),
    early_stopping_patience: earlyStop("patience"),
    early_stop_patience: earlyStop("patience"),
    mode: earlyStop("mode"),
    tol: earlyStop("min_delta"),
    reduce_learning_rate_on_plateau: "this is a callback: `callbacks: [{ reduce_on_plateau: { patience: 5 } }]`",
    n_iter_no_change: earlyStop("patience"),
    save_best_only: "this is an option of a callback: `callbacks: [{ checkpoint: { keep: [best] } }]`",
    warmup: warmUp,
    warmup_epochs: warmUp,
    warmup_steps: warmUp,
    unfreeze: "all layers are trained except those in `freeze`",
    label_smoothing: smoothing,
    dropout: "dropout is a layer: `- dropout: 0.5`",
    dropout_rate: "dropout is a layer: `- dropout: 0.5`",
    augmentation: "augmentation layers are active only during training: `- random_flip`",
    validation_split: valPart,
    val_split: valPart,
    validation_fraction: valPart,
    test_size: testPart,
    test_split: testPart,
    shuffle: shuffled,
    device: onCpu,
    accelerator: onCpu,
    gpus: onCpu,
    devices: onCpu,
    num_workers: onCpu,
    precision: onlyF32,
    dtype: onlyF32,
    mixed_precision: onlyF32,
    amp: onlyF32,
    fp16: onlyF32,
    strategy: onCpu,
    workers: needless(
      "workers are a flag, `adjoint train --workers 4`; the file says `shards`, which decides the bits: remove it",
    ),
    use_multiprocessing: onCpu,
    deterministic: reproducible,
    benchmark: reproducible,
    jit_compile: compiled,
    run_eagerly: compiled,
    logger: logged,
    output_dir: foldered,
    logging_dir: foldered,
    default_root_dir: foldered,
    log_dir: foldered,
    verbose: printed,
    log_interval: printed,
    log_every_n_steps: printed,
    enable_progress_bar: printed,
    should_shuffle: shuffled,
    validation_data: "validation rows are part of the split: `data: { split: { val: 20% } }`",
    validation_freq: needless(everyEpoch, [1]),
    validation_steps: everyEpoch,
    val_check_interval: needless(everyEpoch, [1]),
    evaluate_every: everyEpoch,
    limit_train_batches: wholeEpochs,
    fast_dev_run: "`adjoint train --dry-run` runs all checks without training",
    initial_epoch: "`adjoint train --resume RUN` resumes a run from its last checkpoint",
    resume_from_checkpoint: "`adjoint train --resume RUN` resumes a run from its last checkpoint",
    checkpoints_per_epoch: "this is an option of a callback: `callbacks: [{ checkpoint: { every: 1 epoch } }]`",
    steps_per_checkpoint: "this is an option of a callback: `callbacks: [{ checkpoint: { every: 1 epoch } }]`",
    eval_batch_size: needless("scoring uses the same batch size, which does not affect the scores: remove it"),
    use_ema: "the moving average of the weights is `average: 0.999`",
    swa: "the moving average of the weights is `average: 0.999`",
    swa_lr: "the moving average of the weights is `average: 0.999`",
    loss_weights: "a model has one loss; for class weights write `regularize: { class_weight: balanced }`",
    weighted_metrics: "in scores all rows have equal weight",
    steps_per_epoch: "an epoch uses every training row once; `batch` is the number of rows per step",
    train_steps: "the length of a run is counted in epochs: `epochs: 20`",
    max_steps: "the length of a run is counted in epochs: `epochs: 20`",
    sample_weight: "rows can be weighted only by class: `regularize: { class_weight: balanced }`",
    fail_under: moved(["evaluate", "fail_under"], "minimum scores belong under `evaluate`"),
    fail_above: moved(["evaluate", "fail_above"], "maximum scores belong under `evaluate`"),
  },
} as const satisfies Words<Document.Train>

/** `train.regularize`. */
export const regularize = {
  elsewhere: {
    elastic_net: "use `l1` and `l2` together: `regularize: { l1: 1e-5, l2: 1e-4 }`",
    weight_decay: decays,
    dropout: "dropout is a layer: `- dropout: 0.5`",
    label_smoothing: smoothing,
  },
} as const satisfies Words<Document.Regularize>

/** The weights of classes by name or number, in the order of the classes. */
export const classWeights = (value: unknown): { readonly help: string; readonly text?: string } | undefined => {
  if (!isRecord(value)) return undefined
  const names = Object.keys(value)
  const isNumbered = names.every((name) => /^\d+$/u.test(name))
  const sorted = names.toSorted((a, b) => (isNumbered ? Number(a) - Number(b) : a < b ? -1 : 1))
  const weights = sorted.map((name) => value[name])
  const help = `write the weights as a list, in the sorted order of the classes: \`${flow(weights)}\``
  return weights.length >= 2 && weights.every((weight) => typeof weight === "number") ? { help, text: flow(weights) } : undefined
}

/** The schedule, by all its names, in the options of an optimizer. */
const besideOptimizer: ElsewhereTable = Object.fromEntries(
  ["schedule", ...train.synonyms.schedule].map((name) => [
    name,
    moved(["train", "schedule"], "the schedule belongs beside the optimizer: `train: { schedule: cosine }`"),
  ]),
)

/** Options of the optimizers of others. */
export const optimizerOptions = {
  betas: instead("these are two options: `beta1: 0.9, beta2: 0.999`", (value) =>
    Array.isArray(value) && value.length === 2 && value.every((beta) => typeof beta === "number")
      ? `beta1: ${value[0]}, beta2: ${value[1]}`
      : undefined,
  ),
  weight_decay: (found) => {
    const name = found.path.at(-2)
    const isPlain = name === "sgd" || name === "momentum" || name === "nesterov"
    return isPlain
      ? moved(
          ["train", "regularize", "l2"],
          `with \`${name}\`, weight decay is the penalty ½λw² on the loss: \`train: { regularize: { l2: 1e-4 } }\``,
        )(found)
      : {
          help: `\`${name}\` has no weight decay: use \`adamw: { weight_decay: 0.01 }\`, or the penalty \`train: { regularize: { l2: 1e-4 } }\``,
        }
  },
  clip_norm: moved(["train", "regularize", "clip_norm"], "clipping belongs under `train.regularize`"),
  global_clipnorm: moved(["train", "regularize", "clip_norm"], "clipping belongs under `train.regularize`"),
  clip_value: moved(["train", "regularize", "clip_value"], "clipping belongs under `train.regularize`"),
  amsgrad: "`amsgrad` is a separate optimizer: `optimizer: { amsgrad: { lr: 0.001 } }`",
  use_ema: "the moving average of the weights is `train: { average: 0.999 }`",
  ema_momentum: "the moving average of the weights is `train: { average: 0.999 }`",
  dampening: needless("dampening is not supported: remove it", [0]),
  maximize: needless("the loss is always minimized: remove it", [false]),
  nesterov: "`nadam` is Adam with Nesterov momentum, `nesterov` is SGD with it",
  momentum: "use `beta1`: the decay of the moving average of the gradients",
  decay: "learning-rate decay is a schedule: `train: { schedule: { inverse_time: 1 } }`",
  ...besideOptimizer,
  gradient_accumulation_steps: moved(["train", "accumulate"], "the number of batches per update is `train: { accumulate: 4 }`"),
  rho: "this optimizer has no such option; `rmsprop` and `adadelta` have a `decay`",
  loss_scale_factor: onlyF32,
  jit_compile: compiled,
  capturable: needless("the compiler decides how a step is computed: remove it"),
  differentiable: needless("the compiler decides how a step is computed: remove it"),
  params: needless("the optimizer updates all layers except those in `train: { freeze: [h1] }`: remove it"),
  foreach: needless("the compiler decides how a step is computed: remove it"),
  fused: needless("the compiler decides how a step is computed: remove it"),
  name: needless("an optimizer has no name: remove it"),
} as const satisfies ElsewhereTable

/** Optimizers of others that have no counterpart. */
export const optimizerNames = {
  lbfgs: "only first-order optimizers on batches are supported: use `adam`, or `momentum`",
  ftrl: "the nearest is `adagrad`",
  adafactor: "the nearest is `adam`",
  adan: "the nearest is `nadam`",
} as const

/** Losses of others that have no counterpart by one name. */
export const lossNames = {
  squared_hinge: "write `hinge: { power: 2 }`",
  focal: "for rare classes use `train: { regularize: { class_weight: balanced } }`",
  focal_loss: "for rare classes use `train: { regularize: { class_weight: balanced } }`",
  log_cosh: "the nearest is `huber`",
  root_mean_squared_error: "use `mse`, which has the same minimum; `rmse` is a metric",
  mean_squared_logarithmic_error: "take the logarithm in the data, `{ type: number, transform: log1p }`, and `mse`",
  mean_absolute_percentage_error: "take the logarithm in the data, `{ type: number, transform: log1p }`, and `mae`",
  epsilon_insensitive: "the nearest is `mae`, or `huber`",
  perceptron: "the nearest is `hinge`",
  ctc: "there is no loss for unaligned sequences",
  logistic: "write `binary_cross_entropy`, or `auto`, which fits the target",
  dice: "there is no overlap loss: use `binary_cross_entropy`",
  triplet: "there is no loss over triples of rows",
} as const

/** Metrics of others that have no counterpart by one name. */
export const metricNames = {
  balanced_accuracy: "`recall: macro` is the mean recall over the classes",
  specificity: "there are `precision`, `recall` and `auroc`",
  confusion_matrix: "`adjoint evaluate` shows the scores of each class",
  matthews_corrcoef: "there are `f1` and `auroc`",
  cohen_kappa: "there are `f1` and `auroc`",
  mean_io_u: "there are `precision`, `recall` and `f1`",
  hits_at_k: "write `top_k: 3`",
  loss: "the loss is always computed: remove it",
  mape: "there are `mae` and `rmse`",
} as const

/** Activations of others that have no counterpart by one name. */
export const activationNames = {
  geglu: "the nearest is `swiglu`, or `glu`",
  celu: "the nearest is `elu`",
  crelu: "the nearest is `relu` with twice as many units",
  tanhshrink: "the nearest is `tanh`",
  exponential: "the nearest is `softplus`; the loss `poisson` expects the logarithm of a rate",
  threshold: "the nearest is `relu`, or `step`",
} as const

/** Initializers of others that have no counterpart by one name. */
export const initializerNames = {
  variance_scaling: "write `he_normal`, `xavier_normal` or `lecun_normal`, which scale by fan-in, or by fan-in and fan-out",
  sparse: "the nearest is `normal`",
  dirac: "the nearest is `identity`",
} as const

/** Schedules of others that are callbacks here, or take other units. */
export const scheduleNames = {
  reduce_lr_on_plateau: "this is a callback: `callbacks: [{ reduce_on_plateau: { patience: 5 } }]`",
  reduce_on_plateau: "this is a callback: `callbacks: [{ reduce_on_plateau: { patience: 5 } }]`",
  plateau: "this is a callback: `callbacks: [{ reduce_on_plateau: { patience: 5 } }]`",
  multi_step_lr: "`step` lowers the rate at regular intervals: `step: { every: 10, factor: 0.1 }`",
  piecewise_constant: "`step` lowers the rate at regular intervals: `step: { every: 10, factor: 0.1 }`",
  cyclic_lr: "the nearest is `one_cycle`, or `cosine_restarts`",
  linear_lr: "`polynomial` decreases linearly, `warmup: { epochs: 3 }` increases linearly",
  piecewise_constant_decay: "`step` lowers the rate at regular intervals: `step: { every: 10, factor: 0.1 }`",
  invscaling: "the nearest is `inverse_time`",
  inverse_sqrt: "the nearest is `inverse_time` after a `warmup`",
  noam: "the nearest is `warmup_cosine`",
  adaptive: "this is a callback: `callbacks: [{ reduce_on_plateau: { patience: 5 } }]`",
  lambda_lr: "a model file contains no code: each schedule is one of the catalogue",
} as const

/** Options of the schedules of others. */
export const scheduleOptions = {
  max_lr: "the maximum rate is the `lr` of the optimizer: `optimizer: { adam: { lr: 0.01 } }`",
  initial_learning_rate: "the initial rate is an option of the optimizer: `optimizer: { adam: { lr: 0.01 } }`",
  lr: "the initial rate is an option of the optimizer: `optimizer: { adam: { lr: 0.01 } }`",
  last_epoch: needless("a resumed run continues with its epoch: remove it"),
  decay_steps: "schedules use epochs, or a percentage of the run such as 50%",
  total_steps: needless("a schedule knows the length of the run: remove it"),
  alpha: "use `min_lr`, which is the final rate itself, not a fraction",
  warmup_steps: "a warm-up is part of another schedule: `warmup_cosine: { warmup: 5% }`",
  warmup_target: "a warm-up is part of another schedule: `warmup_cosine: { warmup: 5% }`",
  verbose: printed,
} as const satisfies ElsewhereTable

/** A length of time that was counted in steps. */
export const duration = (value: unknown): { readonly help: string } | undefined =>
  typeof value === "string" && /steps?|batch(?:es)?|iterations?/iu.test(value)
    ? { help: "times are not counted in steps: write `2 epochs`, or a percentage of the run such as `5%`" }
    : undefined

/** Callbacks of others that have no counterpart, or one of another kind. */
export const callbackNames = {
  learning_rate_scheduler: "a schedule belongs under `train.schedule`",
  lr_scheduler: "a schedule belongs under `train.schedule`",
  tensor_board: "every run writes its scores to `metrics.csv`, and plots of them: remove it",
  csv_logger: "every run writes its scores to `metrics.csv`: remove it",
  history: "every run writes its scores to `metrics.csv`: remove it",
  progbar_logger: "the command shows the progress of a run: remove it",
  rich_progress_bar: "the command shows the progress of a run: remove it",
  lambda_callback: "a model file contains no code",
  backup_and_restore: "`adjoint train --resume RUN` resumes a run from its last checkpoint: remove it",
  gradient_accumulation_scheduler: "the number of batches per update is `train: { accumulate: 4 }`",
  model_summary: "`adjoint inspect` shows the layers: remove it",
  timer: "the length of a run is counted in epochs: `epochs: 20`",
  progress_bar: "the command shows the progress of a run: remove it",
  learning_rate_monitor: "the learning rate is reported after every epoch: remove it",
  stochastic_weight_averaging: "the moving average of the weights is `train: { average: 0.999 }`",
} as const

/** Options of the callbacks of others that have no place in the options of a callback here. */
export const callbackOptions = {
  save_best_only: instead("`keep: [best]` keeps only the best state", (value) =>
    typeof value === "boolean" ? `keep: ${value ? "[best]" : "[best, last]"}` : undefined,
  ),
  save_last: "`keep: [best, last]` sets what is kept",
  save_top_k: "`keep: [best]` keeps the best state",
  save_weights_only: needless("a checkpoint contains everything that resuming needs: remove it", [false]),
  filepath: needless("checkpoints are kept in the folder of the run: remove it"),
  dirpath: needless("checkpoints are kept in the folder of the run: remove it"),
  filename: needless("checkpoints are kept in the folder of the run: remove it"),
  verbose: printed,
  min_lr: "use `least`: the smallest fraction of the rate, such as 0.01",
  every_n_train_steps: "checkpoints are written after epochs: `every: 1 epoch`",
  start_from_epoch: "`patience` counts epochs from the first one",
  stopping_threshold: "a run stops when its score does not improve, not at a fixed value",
  check_finite: "use the callback `nan_guard`: `callbacks: [nan_guard]`",
  strict: needless("an unknown score is always an error: remove it", [true]),
  baseline: "there is no baseline; `min_delta` is the smallest improvement that counts",
} as const satisfies ElsewhereTable

/** `evaluate`. */
export const evaluate = {
  synonyms: {
    split: ["part", "on"],
    slices: ["groups", "by", "slice", "subgroups"],
    fail_under: ["fail_below", "thresholds", "minimum"],
    fail_above: ["fail_over", "maximum"],
  },
  later: ["calibration"],
} as const satisfies Words<Document.Evaluate>

/** A stage of pre-training. */
export const stage = {
  synonyms: {
    layer: ["layer_name"],
    method: ["sampler"],
    momentum: ["momentums"],
    sparsity: ["sparse"],
  },
} as const

/** The other names for the keys of all sections, by key, for keys whose section is unknown. */
export const keys = (): Synonyms => {
  const found: { [name: string]: ReadonlyArray<string> } = {}
  for (const { synonyms } of [train, split, data, evaluate, model, file])
    for (const [name, others] of Object.entries<ReadonlyArray<string>>({ ...synonyms }))
      found[name] = [...(found[name] ?? []), ...others]
  return found
}
