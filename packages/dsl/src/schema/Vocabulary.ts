/**
 * The words that users of Keras, PyTorch, Ludwig and scikit-learn type for the keys of a section, section by section, and
 * the keys of theirs that have their place elsewhere here or none at all. The names of layers, optimizers, losses and the
 * like, and of their options, stand on the entries of core's tables instead.
 */
import type * as Document from "../Document.ts"
import type { Synonyms } from "../diagnostic/Suggest.ts"
import { isRecord } from "../source/Data.ts"
import type { ElsewhereTable } from "./Annotation.ts"
import { flow } from "./Mend.ts"
import { instead, moved, nameOf, needless, percent, renamedTo } from "./Misplaced.ts"

/** Other names for the keys of a section. */
type Names<Section> = { readonly [K in keyof Section & string]?: ReadonlyArray<string> }

/** What is known of the keys of a section beside its schema. */
interface Words<Section> {
  readonly synonyms?: Names<Section>
  readonly elsewhere?: ElsewhereTable
  readonly later?: ReadonlyArray<string>
  readonly besides?: ReadonlyArray<string>
}

const valPart = moved(
  ["data", "split", "val"],
  "validation rows are a part of the split: `data: { split: { val: 20% } }`",
  percent,
)
const testPart = moved(["data", "split", "test"], "test rows are a part of the split: `data: { split: { test: 20% } }`", percent)
const shuffled = needless("the training rows are always shuffled, anew in every epoch: leave it out", [true])
const onCpu = needless("a run computes on the processor, on as many threads as `--threads` says: leave it out")
const onlyF32 = needless("parameters and data are 32-bit floats: leave it out")
const logged = needless("every run writes its scores to `metrics.csv`, and its curves as pictures: leave it out")
const foldered = needless("runs have folders of their own, under `--runs`: leave it out")
const reproducible = needless("the same seed gives the same bits always: leave it out")
const compiled = needless("every step is compiled: leave it out")
const printed = needless("what is printed is the command's to say, not the model file's: leave it out")

const earlyStop = (option: string): string =>
  `\`${option}\` is an option of a callback: \`callbacks: [{ early_stop: { ${option}: … } }]\``

const smoothing = "label smoothing is an option of the loss: `loss: { categorical_cross_entropy: { label_smoothing: 0.1 } }`"
const decays = "weight decay is an option of the optimizer: `optimizer: { adamw: { weight_decay: 0.01 } }`"
const rate = "the learning rate is an option of the optimizer: `optimizer: { adam: { lr: 0.001 } }`"
/** Where a table says its target. */
export const targetColumn = "the target is a column with the type `class`, or with `role: target`: `columns: { species: class }`"
const seeds = "`train: { seed: 1 }` is the seed of the run, `data: { split: { seed: 1 } }` that of the division of rows"
const ofOptimizer = "this is an option of the optimizer, as in `optimizer: { adam: { beta1: 0.9 } }`"
const ofSchedule = "this is an option of a schedule, as in `schedule: { step: { every: 10, factor: 0.1 } }`"
const warmUp =
  "a warm-up is a schedule, counted in epochs or as a share of the run: `schedule: { warmup_cosine: { warmup: 5% } }`"
const everyEpoch = "scores of the training and validation rows are computed after every epoch: leave it out"
const wholeEpochs = "an epoch goes through all training rows once: take fewer with `data: { split: { train: 10% } }`"
const crossValidation = "cross-validation is not here yet: a run has one split, `split: { train: 60%, val: 20%, test: 20% }`"

/** The learning rate, beside the optimizer instead of in it. */
const learningRate: ElsewhereTable[string] = (found) =>
  moved([...found.path.slice(0, -1), "optimizer", nameOf(found.map.optimizer) ?? "adam", "lr"], rate)(found)

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
  },
  elsewhere: {
    variables: renamedTo("vars"),
    input_features:
      "the inputs are the columns of the data that are not the target: `data: { columns: { age: number, city: category } }`",
    output_features: "the target is a column of the data, and the head predicts it: `columns: { y: class }`, `- head: y`",
    preprocessing: "each column says how it is prepared: `data: { columns: { age: { type: number, scale: standard } } }`",
    combiner: "`model: { layers: [ … ] }` says what follows the inputs",
    defaults: 'what holds for all columns that are not named belongs under `"*"` in `data.columns`',
    hyperopt: "write `{ $search: [16, 32], default: 16 }` in place of a value, and run `adjoint sweep`",
    backend: onCpu,
    device: onCpu,
    layers: "the layers belong under `model`",
    split: moved(["data", "split"], "the split belongs to the data: `data: { split: { val: 20% } }`"),
    seed: seeds,
    random_state: seeds,
    lr: rate,
    learning_rate: rate,
    target: targetColumn,
    label: targetColumn,
    outputs: targetColumn,
    inputs:
      "the inputs are the columns of the data that are not the target: `data: { columns: { age: number, city: category } }`",
    test: "rows of their own to test on belong under `data`: `data: { test: test.csv }`",
    val: "validation rows are a part of the split: `data: { split: { val: 20% } }`",
    early_stopping: "callbacks are written as a list: `train: { callbacks: [early_stop] }`",
    early_stop: "callbacks are written as a list: `train: { callbacks: [early_stop] }`",
    checkpoint: "callbacks are written as a list: `train: { callbacks: [checkpoint] }`",
    model_type: "a model is its list of layers and has no type: leave it out",
    hyperparameters: "values that are used in several places belong under `vars`, and are read as `$name`",
    params: "values that are used in several places belong under `vars`, and are read as `$name`",
    logger: logged,
    experiment: "the name of the model, and of the folder of its runs, is `name`",
  },
  later: ["extends", "search", "report", "export"],
  besides: ["vars"],
} as const satisfies Words<Document.ModelFile>

/** `data`. */
export const data = {
  synonyms: {
    source: ["file", "path", "filename", "file_path", "src", "url"],
    columns: ["features", "fields", "column_types"],
    image: ["images", "img"],
    scale: ["scaling", "scaler", "normalize", "normalization"],
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
    dtype: "each column says its type: `columns: { age: number, city: category }`",
    na_values: "a blank cell is missing, and each column says what stands for it: `{ type: number, missing: median }`",
    preprocessing: "each column says how it is prepared: `{ type: number, missing: median, scale: standard }`",
    transform: "each column says how it is prepared: `{ type: number, missing: median, scale: standard }`",
    transforms: "each column says how it is prepared: `{ type: number, missing: median, scale: standard }`",
    seed: "the seed of the division of rows is `split: { seed: 1 }`",
    random_state: "the seed of the division of rows is `split: { seed: 1 }`",
    train: "the rows to learn from are what `source` reads, less the parts of the `split` for validation and test",
    train_path: "the rows to learn from are what `source` reads, less the parts of the `split` for validation and test",
    test_path: "rows of their own to test on: `test: test.csv`",
    validation_data: "validation rows are a part of the split: `split: { val: 15% }`",
    val_data: "validation rows are a part of the split: `split: { val: 15% }`",
    csv: "a file is the source: `source: data.csv`, or `source: { csv: { path: data.txt } }`",
    type: "the kind of data follows from the source: `source: data.csv`",
    name: moved(["name"], "the name is a key of the whole file"),
    color_mode: "`image: { size: [28, 28], channels: 3 }` says how many channels there are",
    sampler:
      "training rows are shuffled anew in every epoch; `regularize: { class_weight: balanced }` lets rare classes count more",
    pin_memory: onCpu,
    validation_split: valPart,
    val_split: valPart,
    validation: "validation rows are a part of the split: `split: { val: 15% }`",
    val: "validation rows are a part of the split: `split: { val: 15% }`",
    test_size: testPart,
    test_split: testPart,
    shuffle: shuffled,
    num_workers: onCpu,
    delimiter: "the delimiter belongs to the source: `source: { csv: { path: data.csv, delimiter: ; } }`",
    sep: "the delimiter belongs to the source: `source: { csv: { path: data.csv, delimiter: ; } }`",
    header: "the header belongs to the source: `source: { csv: { path: data.csv, header: false } }`",
    augmentation: "augmentation is made of layers, which act while training only: `- random_flip`",
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
    seed: ["random_state", "random_seed"],
  },
  elsewhere: {
    shuffle: needless("rows are always shuffled before they are divided: leave it out", [true]),
    type: needless("rows are divided at random, in the proportions of `stratify` if that is given: leave it out", ["random"]),
    probabilities,
    method: needless("rows are divided at random, in the proportions of `stratify` if that is given: leave it out", [
      "random",
      "stratified",
    ]),
    ratio: "each part has its own share: `train: 70%, val: 10%, test: 20%`",
    fraction: "each part has its own share: `train: 70%, val: 10%, test: 20%`",
    n_splits: crossValidation,
    cv: crossValidation,
    k_folds: crossValidation,
  },
  later: ["folds", "by", "group", "column"],
} as const satisfies Words<Document.Split>

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
  target: instead("say which role the column has: `role: target`", (value) => (value === true ? "role: target" : undefined)),
  preprocessing: "options belong beside `type`: `{ type: number, missing: median, scale: standard }`",
} as const satisfies ElsewhereTable

/** `model`. */
export const model = {
  synonyms: {
    input: ["input_shape", "input_size", "input_dim"],
    init: ["initializer", "initialization", "weight_init", "kernel_initializer"],
    layers: ["modules", "stack", "sequential"],
  },
  elsewhere: {
    type: needless("a model is its list of layers and has no type: leave it out"),
    name: moved(["name"], "the name is a key of the whole file"),
    hidden_layer_sizes: "each layer is an item of `layers`: `- dense: { units: 100, activation: relu }`",
    units: "units belong to a layer: `- dense: 16`",
    activation: "an activation belongs to a layer: `- dense: { units: 16, activation: relu }`",
    dropout: "dropout is a layer: `- dropout: 0.5`",
    head: "the head is the last of the layers: `- head: label`",
    output: "the head is the last of the layers: `- head: label`",
    outputs: "the head is the last of the layers: `- head: label`",
    num_classes: "the head has as many outputs as the target needs: `- head: label`",
    n_classes: "the head has as many outputs as the target needs: `- head: label`",
    output_dim: "the head has as many outputs as the target needs: `- head: label`",
    hidden_layers: "each layer is an item of `layers`: `- dense: { units: 100, activation: relu }`",
    num_layers: "each layer is an item of `layers`, or several times with `repeat: { times: 3, layers: [ … ] }`",
    embedding_size: "an embedding is a layer: `- embedding: { tokens: 1000, units: 16 }`",
    batch_norm: "normalization is a layer: `- batch_norm`",
    bias: "a bias belongs to a layer: `- dense: { units: 16, bias: false }`",
    encoder: "each part is layers of the list; layers that belong together are a `block`",
    decoder: "each part is layers of the list; layers that belong together are a `block`",
    backbone: "each part is layers of the list; layers that belong together are a `block`",
    pretrained: "weights start from the initializers, or from `pretrain`",
    weights: "weights start from the initializers, or from `pretrain`",
    trainable: "layers that do not learn are listed in `train: { freeze: [h1] }`",
    dtype: onlyF32,
    device: onCpu,
    task: needless("what is learned follows from the target's column type: leave it out"),
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

const penalty = "weight penalties hold for the whole model: `train: { regularize: { l2: 0.01 } }` adds ½·0.01·w² for every weight"

/** Layers of others that have no counterpart, or one of another kind. */
export const layerNames = {
  input: "the input is what the data gives: leave the layer out, or say its shape in `model.input`",
  input_layer: "the input is what the data gives: leave the layer out, or say its shape in `model.input`",
  bidirectional:
    "give two recurrent layers the same input, one with `reverse: true`, and join them: `- concat: [forwards, backwards]`",
  time_distributed: "`dense` on a sequence acts on each time already: leave the wrapper out",
  lambda: "a model file holds no code: each layer is one of the catalogue",
  rescaling: "images are scaled in the data: `data: { image: { size: [28, 28], scale: unit } }`",
  normalization: "inputs are scaled in the data: `{ type: number, scale: standard }`",
  random_vertical_flip: "write `- random_flip: vertical`",
  zero_padding2d: "padding is an option of the convolution: `conv2d: { filters: 8, kernel: 3, pad: 1 }`",
  zero_pad2d: "padding is an option of the convolution: `conv2d: { filters: 8, kernel: 3, pad: 1 }`",
  instance_norm2d: "`group_norm` with as many groups as channels normalizes each channel of an image by itself",
  conv3d: "there are convolutions over one and two axes: `conv1d` and `conv2d`",
  max_pool3d: "pooling is over one or two axes: `max_pool`",
  global_max_pooling2d: "there is `global_avg_pool`; or `max_pool` with a window as large as the image, then `flatten`",
  activation: "an activation is a layer under its own name: `- relu`",
  separable_conv2d: "write a `conv2d` with as many `groups` as channels, then a `conv2d` with `kernel: 1`",
  depthwise_conv2d: "write a `conv2d` with as many `groups` as channels",
  adaptive_max_pool2d: "there is `global_avg_pool`; or `max_pool` with a window as large as the image",
  up_sampling2d: "`conv_transpose2d` with `stride: 2` makes an image twice as large",
  upsample: "`conv_transpose2d` with `stride: 2` makes an image twice as large",
  pixel_shuffle: "`conv_transpose2d` with `stride: 2` makes an image twice as large",
  gaussian_dropout: "the nearest is `dropout`, or `gaussian_noise`",
  masking: "sequences have one length, and no times are left out",
  average: "`add` sums layers of one shape, by name",
  subtract: "`add` and `multiply` join layers of one shape, by name",
  maximum: "`add` and `multiply` join layers of one shape, by name",
  dot: "`add` and `multiply` join layers of one shape, by name",
  module_list: "layers that belong together are a `block: { layers: [ … ] }`",
  mlp: "each layer is an item of its own: `- dense: { units: 16, activation: relu }`",
  rbm: "machines learn before the layers, under `pretrain`: `- rbm: { layer: h1 }`",
  resizing: "the size of images is that of the data: `data: { image: { size: [28, 28] } }`",
  category_encoding: "a column of names is encoded by its type: `columns: { city: category }`",
  string_lookup: "a column of names is encoded by its type: `columns: { city: category }`",
  activity_regularization: penalty,
  transformer_decoder: "`transformer_encoder: { heads: 4, causal: true }` sees only what came before",
  bilinear: "`multiply` joins two layers of one shape, by name",
  random_crop: "the nearest is `random_shift`, or `random_zoom`",
  permute: "axes keep their order: `reshape` changes the shape alone",
} as const

const inferred = needless("the size of the input comes from the layer above, or from the data: leave it out")
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
  kernel_constraint: "a limit on weights holds for the whole model: `train: { regularize: { max_norm: 3 } }`",
  dropout: "dropout is a layer: put `- dropout: 0.5` below this one",
  dropout_rate: "dropout is a layer: put `- dropout: 0.5` below this one",
  batch_norm: "normalization is a layer: put `- batch_norm` below this one",
  norm: "normalization is a layer: put `- batch_norm` or `- layer_norm` below this one",
  pool_size: "pooling is a layer: put `- max_pool: 2` below this one",
  stateful: needless("every sequence starts from zeros: leave it out", [false]),
  unroll: needless("how a layer is computed is the compiler's to decide: leave it out"),
  time_major: needless("sequences are [time, features], with the batch first: leave it out", [false]),
  unit_forget_bias: instead("`forget_bias: 1` is where the bias of the forget gate starts", (value) =>
    typeof value === "boolean" ? `forget_bias: ${value ? 1 : 0}` : undefined,
  ),
  activation: "this layer has its own functions: put another activation below it",
  recurrent_activation: needless("the gates are sigmoids: leave it out", ["sigmoid"]),
  recurrent_dropout: "dropout is a layer: put `- dropout: 0.5` below this one",
  num_layers: "each layer is an item of its own: use `repeat: { times: 2, layers: [ … ] }`",
  bidirectional: layerNames.bidirectional,
  batch_first: needless("sequences are [time, features], with the batch first: leave it out", [true]),
  return_sequences: instead("`give: all` gives what it made of every time, `give: last` that of the last", (value) =>
    typeof value === "boolean" ? `give: ${value ? "all" : "last"}` : undefined,
  ),
  return_state: "layers give their outputs alone; `give: last` is what a recurrent layer holds at the end",
  trainable: "name the layer and list it: `train: { freeze: [h1] }`",
  requires_grad: "name the layer and list it: `train: { freeze: [h1] }`",
  inplace: needless("how memory is used is the compiler's to decide: leave it out"),
  data_format: needless("images are always [height, width, channels]: leave it out", ["channels_last", "NHWC"]),
  padding_mode: needless("padding is always with zeros: leave it out", ["zeros"]),
  device: onCpu,
  dtype: onlyF32,
  units: "this layer has no units of its own: its output has the size that its input has",
} as const

/** `train`. */
export const train = {
  synonyms: {
    seed: ["random_seed", "random_state", "manual_seed"],
    epochs: ["n_epochs", "num_epochs", "max_epochs", "num_train_epochs", "max_iter", "n_iter", "iterations"],
    batch: ["batch_size", "minibatch", "minibatch_size", "train_batch_size", "per_device_train_batch_size"],
    loss: ["criterion", "objective", "cost", "loss_function", "loss_fn"],
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
    save_best_only: "what is kept is an option of a callback: `callbacks: [{ checkpoint: { keep: [best] } }]`",
    warmup: warmUp,
    warmup_epochs: warmUp,
    warmup_steps: warmUp,
    unfreeze: "all layers learn but those in `freeze`",
    label_smoothing: smoothing,
    dropout: "dropout is a layer: `- dropout: 0.5`",
    dropout_rate: "dropout is a layer: `- dropout: 0.5`",
    augmentation: "augmentation is made of layers, which act while training only: `- random_flip`",
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
    workers: onCpu,
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
    validation_data: "validation rows are a part of the split: `data: { split: { val: 20% } }`",
    validation_freq: needless(everyEpoch, [1]),
    validation_steps: everyEpoch,
    val_check_interval: needless(everyEpoch, [1]),
    evaluate_every: everyEpoch,
    limit_train_batches: wholeEpochs,
    fast_dev_run: "`adjoint train --dry-run` checks everything and trains nothing",
    initial_epoch: "`adjoint train --resume RUN` resumes a run where it ended",
    resume_from_checkpoint: "`adjoint train --resume RUN` resumes a run where it ended",
    checkpoints_per_epoch:
      "how often a state is kept is an option of a callback: `callbacks: [{ checkpoint: { every: 1 epoch } }]`",
    steps_per_checkpoint:
      "how often a state is kept is an option of a callback: `callbacks: [{ checkpoint: { every: 1 epoch } }]`",
    eval_batch_size: needless("rows are scored in batches of the same size, which changes no score: leave it out"),
    use_ema: "the mean of the weights over time is `average: 0.999`",
    swa: "the mean of the weights over time is `average: 0.999`",
    swa_lr: "the mean of the weights over time is `average: 0.999`",
    loss_weights: "a model has one loss; classes count by `regularize: { class_weight: balanced }`",
    weighted_metrics: "scores count every row alike",
    steps_per_epoch: "an epoch goes through all training rows once; `batch` says how many rows make a step",
    train_steps: "the length of a run is counted in epochs: `epochs: 20`",
    max_steps: "the length of a run is counted in epochs: `epochs: 20`",
    sample_weight: "rows count by their class alone: `regularize: { class_weight: balanced }`",
    fail_under: moved(["evaluate", "fail_under"], "what a score must reach belongs under `evaluate`"),
  },
} as const satisfies Words<Document.Train>

/** `train.regularize`. */
export const regularize = {
  elsewhere: {
    elastic_net: "`l1` and `l2` together are the elastic net: `regularize: { l1: 1e-5, l2: 1e-4 }`",
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

/** Options of the optimizers of others. */
export const optimizerOptions = {
  betas: instead("the two are options of their own: `beta1: 0.9, beta2: 0.999`", (value) =>
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
  amsgrad: "`amsgrad` is an optimizer of its own: `optimizer: { amsgrad: { lr: 0.001 } }`",
  use_ema: "the mean of the weights over time is `train: { average: 0.999 }`",
  ema_momentum: "the mean of the weights over time is `train: { average: 0.999 }`",
  dampening: needless("there is no dampening: leave it out", [0]),
  maximize: needless("a loss is always made small: leave it out", [false]),
  nesterov: "`nadam` is adam that looks one step ahead, `nesterov` the same of momentum",
  momentum: "`beta1` is the momentum here: what is left of the mean of the gradients after a step",
  decay: "a rate that falls is a schedule: `train: { schedule: { inverse_time: 1 } }`",
  schedule: moved(["train", "schedule"], "the schedule belongs beside the optimizer: `train: { schedule: cosine }`"),
  gradient_accumulation_steps: moved(
    ["train", "accumulate"],
    "batches whose gradients make one step are `train: { accumulate: 4 }`",
  ),
  rho: "there is no such mean here: `rmsprop` and `adadelta` have a `decay`",
  loss_scale_factor: onlyF32,
  jit_compile: compiled,
  capturable: needless("how a step is computed is the compiler's to decide: leave it out"),
  differentiable: needless("how a step is computed is the compiler's to decide: leave it out"),
  params: needless("the optimizer changes the parameters of all layers but those in `train: { freeze: [h1] }`: leave it out"),
  foreach: needless("how a step is computed is the compiler's to decide: leave it out"),
  fused: needless("how a step is computed is the compiler's to decide: leave it out"),
  name: needless("an optimizer has no name of its own: leave it out"),
} as const satisfies ElsewhereTable

/** Optimizers of others that have no counterpart. */
export const optimizerNames = {
  lbfgs: "steps follow the gradients of batches: use `adam`, or `sgd` with `momentum`",
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
  root_mean_squared_error: "`mse` has its least where its root has; `rmse` is a metric",
  mean_squared_logarithmic_error: "take the logarithm in the data, `{ type: number, transform: log1p }`, and `mse`",
  mean_absolute_percentage_error: "take the logarithm in the data, `{ type: number, transform: log1p }`, and `mae`",
  epsilon_insensitive: "the nearest is `mae`, or `huber`",
  perceptron: "the nearest is `hinge`",
  ctc: "there is no loss of sequences that are not aligned",
  logistic: "write `binary_cross_entropy`, or `auto`, which fits the target",
  dice: "there is no loss of overlaps: use `binary_cross_entropy`",
  triplet: "there is no loss of triples of rows",
} as const

/** Metrics of others that have no counterpart by one name. */
export const metricNames = {
  balanced_accuracy: "`recall: macro` is the mean of the classes' recalls",
  specificity: "there are `precision`, `recall` and `auroc`",
  confusion_matrix: "`adjoint evaluate` shows the classes one by one",
  matthews_corrcoef: "there are `f1` and `auroc`",
  cohen_kappa: "there are `f1` and `auroc`",
  mean_io_u: "there are `precision`, `recall` and `f1`",
  hits_at_k: "write `top_k: 3`",
  loss: "the loss is always computed: leave it out",
  mape: "there are `mae` and `rmse`",
} as const

/** Activations of others that have no counterpart by one name. */
export const activationNames = {
  geglu: "the nearest is `swiglu`, or `glu`",
  celu: "the nearest is `elu`",
  crelu: "the nearest is `relu`, on twice as many units",
  tanhshrink: "the nearest is `tanh`",
  exponential: "the nearest is `softplus`; the loss `poisson` takes the logarithm of a rate",
  threshold: "the nearest is `relu`, or `step`",
} as const

/** Initializers of others that have no counterpart by one name. */
export const initializerNames = {
  variance_scaling: "write `he_normal`, `xavier_normal` or `lecun_normal`, which scale by the inputs, or by both sides",
  sparse: "the nearest is `normal`",
  dirac: "the nearest is `identity`",
} as const

/** Schedules of others that are callbacks here, or take other units. */
export const scheduleNames = {
  reduce_lr_on_plateau: "this is a callback: `callbacks: [{ reduce_on_plateau: { patience: 5 } }]`",
  reduce_on_plateau: "this is a callback: `callbacks: [{ reduce_on_plateau: { patience: 5 } }]`",
  plateau: "this is a callback: `callbacks: [{ reduce_on_plateau: { patience: 5 } }]`",
  multi_step_lr: "`step` drops the rate every so many epochs: `step: { every: 10, factor: 0.1 }`",
  piecewise_constant: "`step` drops the rate every so many epochs: `step: { every: 10, factor: 0.1 }`",
  cyclic_lr: "the nearest is `one_cycle`, or `cosine_restarts`",
  linear_lr: "`polynomial` falls in a straight line, `warmup: { epochs: 3 }` rises in one",
  piecewise_constant_decay: "`step` drops the rate every so many epochs: `step: { every: 10, factor: 0.1 }`",
  invscaling: "the nearest is `inverse_time`",
  inverse_sqrt: "the nearest is `inverse_time`, behind a `warmup`",
  noam: "the nearest is `warmup_cosine`",
  adaptive: "this is a callback: `callbacks: [{ reduce_on_plateau: { patience: 5 } }]`",
  lambda_lr: "a model file holds no code: each schedule is one of the catalogue",
} as const

/** Options of the schedules of others. */
export const scheduleOptions = {
  max_lr: "the largest rate is the optimizer's: `optimizer: { adam: { lr: 0.01 } }`",
  initial_learning_rate: "the rate that a schedule starts from is the optimizer's: `optimizer: { adam: { lr: 0.01 } }`",
  lr: "the rate that a schedule starts from is the optimizer's: `optimizer: { adam: { lr: 0.01 } }`",
  last_epoch: needless("a resumed run knows its epoch: leave it out"),
  decay_steps: "schedules are counted in epochs, or in shares of the run such as 50%",
  total_steps: needless("a schedule knows the length of the run: leave it out"),
  alpha: "the rate at the end is `min_lr`, a rate and no share",
  warmup_steps: "a rate that rises first is a schedule of its own: `warmup_cosine: { warmup: 5% }`",
  warmup_target: "a rate that rises first is a schedule of its own: `warmup_cosine: { warmup: 5% }`",
  verbose: printed,
} as const satisfies ElsewhereTable

/** A length of time that was counted in steps. */
export const duration = (value: unknown): { readonly help: string } | undefined =>
  typeof value === "string" && /steps?|batch(?:es)?|iterations?/iu.test(value)
    ? { help: "an epoch has as many steps as there are batches of training rows: write `2 epochs`, or a share such as `5%`" }
    : undefined

/** Callbacks of others that have no counterpart, or one of another kind. */
export const callbackNames = {
  learning_rate_scheduler: "a schedule belongs under `train.schedule`",
  lr_scheduler: "a schedule belongs under `train.schedule`",
  tensor_board: "every run writes its scores to `metrics.csv` and its curves as pictures: leave it out",
  csv_logger: "every run writes its scores to `metrics.csv`: leave it out",
  history: "every run writes its scores to `metrics.csv`: leave it out",
  progbar_logger: "the command shows the progress of a run: leave it out",
  rich_progress_bar: "the command shows the progress of a run: leave it out",
  lambda_callback: "a model file holds no code",
  backup_and_restore: "`adjoint train --resume RUN` resumes a run from its last checkpoint: leave it out",
  gradient_accumulation_scheduler: "batches whose gradients make one step are `train: { accumulate: 4 }`",
  model_summary: "`adjoint inspect` shows the layers: leave it out",
  timer: "the length of a run is counted in epochs: `epochs: 20`",
  progress_bar: "the command shows the progress of a run: leave it out",
  learning_rate_monitor: "the learning rate is shown and written after every epoch: leave it out",
  stochastic_weight_averaging: "the mean of the weights over time is `train: { average: 0.999 }`",
} as const

/** Options of the callbacks of others that have no place in the options of a callback here. */
export const callbackOptions = {
  save_best_only: instead("`keep: [best]` keeps the best state alone", (value) =>
    typeof value === "boolean" ? `keep: ${value ? "[best]" : "[best, last]"}` : undefined,
  ),
  save_last: "`keep: [best, last]` says what is kept",
  save_top_k: "`keep: [best]` keeps the best state",
  save_weights_only: needless("a checkpoint holds all that a run needs to resume: leave it out", [false]),
  filepath: needless("checkpoints are kept in the folder of the run: leave it out"),
  dirpath: needless("checkpoints are kept in the folder of the run: leave it out"),
  filename: needless("checkpoints are kept in the folder of the run: leave it out"),
  verbose: printed,
  min_lr: "`least` is the least share of the rate that is ever left: 0.01 is a hundredth",
  every_n_train_steps: "states are kept after epochs: `every: 1 epoch`",
  start_from_epoch: "`patience` says how many epochs to wait, from the first on",
  stopping_threshold: "a run ends when its score gets no better, not at a value",
  check_finite: "`nan_guard` is a callback of its own: `callbacks: [nan_guard]`",
  strict: needless("a score that is not computed is always an error: leave it out", [true]),
  baseline: "there is no baseline to reach: `min_delta` says what counts as better",
} as const satisfies ElsewhereTable

/** `evaluate`. */
export const evaluate = {
  synonyms: {
    split: ["part", "on"],
    fail_under: ["fail_below", "thresholds", "minimum"],
  },
  later: ["slices", "calibration"],
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

/** The other names for the keys of all sections, by key, where it is not known which section is meant. */
export const keys = (): Synonyms => {
  const found: { [name: string]: ReadonlyArray<string> } = {}
  for (const { synonyms } of [train, split, data, evaluate, model, file])
    for (const [name, others] of Object.entries<ReadonlyArray<string>>({ ...synonyms }))
      found[name] = [...(found[name] ?? []), ...others]
  return found
}
