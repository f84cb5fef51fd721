/**
 * All diagnostics by code: what `adjoint explain` prints. The letter is the phase that finds it: Y syntax,
 * S schema, R references, D data, G graph and shape, T training compatibility, A advice, L learning.
 *
 * `wrong` and `right` are model files without the sections that do not matter. A test adds defaults and checks that
 * `wrong` gives exactly this code and `right` gives none.
 */

/** A model with an error cannot be used; one with a warning can. */
export type Severity = "error" | "warning"

/** The phases, in the order in which they run. */
export const phases = {
  Y: "syntax",
  S: "schema",
  R: "references",
  D: "data",
  G: "graph and shape",
  T: "training compatibility",
  A: "advice",
  L: "learning",
} as const

/** The letter of a phase. */
export type Phase = keyof typeof phases

/** The severity and documentation of one code. */
export interface CodeEntry {
  readonly severity: Severity
  readonly title: string
  readonly explanation: string
  /** Absent where no short text can show the mistake. */
  readonly wrong?: string
  readonly right?: string
}

const error = (title: string, explanation: string, wrong?: string, right?: string): CodeEntry => ({
  severity: "error",
  title,
  explanation,
  ...(wrong === undefined ? {} : { wrong }),
  ...(right === undefined ? {} : { right }),
})

const advice = (title: string, explanation: string, wrong: string, right: string): CodeEntry => ({
  severity: "warning",
  title,
  explanation,
  wrong,
  right,
})

/** Advice that depends on the data, so no short text can show it. */
const dataAdvice = (title: string, explanation: string): CodeEntry => ({ severity: "warning", title, explanation })

/** The table of codes. */
export const codes = {
  Y001: error(
    "not YAML",
    "The text is not valid YAML 1.2, so nothing else in it can be checked. The usual causes are a bracket or a quote that is not closed, a line with too little indentation, or a tab in the indentation.",
    "train: { epochs: 3\n",
    "train: { epochs: 3 }\n",
  ),
  Y002: error(
    "duplicate key",
    "A key is set twice in one map. Many YAML readers silently keep the last value. Here it is an error, because one of the two is a mistake.",
    "train: { epochs: 3, epochs: 5 }\n",
    "train: { epochs: 5 }\n",
  ),
  Y003: error(
    "tag, anchor, alias, merge key or directive",
    "With these parts of YAML, a file can mean something other than what it shows. To use a value in several places, set it under `vars`.",
    "train: { epochs: &n 3, batch: *n }\n",
    "vars: { n: 3 }\ntrain: { epochs: $n, batch: $n }\n",
  ),
  Y004: error("not text", "A model file is YAML or JSON text, saved as UTF-8. This file contains bytes that are not UTF-8 text."),
  Y005: error("empty file", "The file has no content. The smallest model file has `schema`, `data` and `model`."),
  Y006: error(
    "too large",
    "The file, or the result of its variables, exceeds a limit of model files: 448 KiB of text, 52,000 values (150,000 tokens in YAML that is not plain), 64 levels of nesting, 100,000 values after variables are replaced, 10,000 layers (a layer in a `repeat` counts once for each repetition).",
  ),
  Y007: error(
    "invalid key",
    "A key is a plain name or a number. A list, a map, an empty key and `__proto__` are not allowed.",
    "train: { [a, b]: 3 }\n",
    "train: { epochs: 3 }\n",
  ),
  Y008: error(
    "more than one document",
    "A model file is one YAML document. It cannot start a second one with `---`.",
    "train: { epochs: 3 }\n---\ntrain: { epochs: 3 }\n",
    "train: { epochs: 3 }\n",
  ),
  Y009: error(
    "file cannot be read",
    "There is no file at this path, or you have no permission to read it. Paths are relative to the current folder.",
  ),

  S101: error(
    "unknown key",
    "The model language has no such key at this place. Unknown keys are errors, because a misspelled key would otherwise silently leave its default in effect.",
    "train: { optimizer: { sgd: { learningrate: 0.1 } } }\n",
    "train: { optimizer: { sgd: { lr: 0.1 } } }\n",
  ),
  S102: error(
    "missing key",
    "A required value is missing. It has no default.",
    "model: { layers: [{ dense: {} }, { head: label }] }\n",
    "model: { layers: [{ dense: { units: 8 } }, { head: label }] }\n",
  ),
  S103: error(
    "invalid value",
    "The value has the wrong type, or it is out of range. The message says what is expected.",
    "train: { epochs: -3 }\n",
    "train: { epochs: 3 }\n",
  ),
  S104: error(
    "unknown name",
    "No table of the catalogue has this name here. The tables are layers, activations, initializers, losses, optimizers, learning-rate schedules, metrics and callbacks. A name is only looked up, never executed.",
    "model: { layers: [{ dense: 8 }, rleu, { head: label }] }\n",
    "model: { layers: [{ dense: 8 }, relu, { head: label }] }\n",
  ),
  S105: error(
    "not exactly one name",
    "A layer, optimizer, loss or other entry is a name alone, or a map with that name as its only key. Each layer is its own item of the list.",
    "model: { layers: [{ dense: 8, dropout: 0.5 }, { head: label }] }\n",
    "model: { layers: [{ dense: 8 }, { dropout: 0.5 }, { head: label }] }\n",
  ),
  S106: error(
    "invalid name",
    "Names of layers and variables start with a letter or `_`. Letters, digits and `_` follow. These names become parts of parameter paths, so `__proto__`, `constructor` and `prototype` are not allowed.",
    'model: { layers: [{ dense: 8, name: "h 1" }, { head: label }] }\n',
    "model: { layers: [{ dense: 8, name: h_1 }, { head: label }] }\n",
  ),
  S107: error(
    "unknown schema version",
    "`schema` is the version of the model language. This version of Adjoint reads version 1.",
    "schema: 2\n",
    "schema: 1\n",
  ),
  S108: error(
    "not supported yet",
    "The model language reserves this name, but this version of Adjoint does not support it.",
    "report: { plots: true }\n",
    "train: { epochs: 3 }\n",
  ),
  S109: error(
    "not a value to search",
    "A search compares trials by their scores on the same rows. So a marker may not stand where it decides which rows there are, what is predicted, or how it is scored: under `data.source`, `data.test`, `data.split`, `data.series`, `evaluate` and in the sections that are not part of the model.",
    "data: { source: moons, split: { train: 70%, val: { $search: [20%, 30%], default: 20% }, seed: 1 } }\n",
    "data: { source: moons, split: { train: 70%, val: 20%, seed: 1 } }\ntrain: { batch: { $search: [16, 32], default: 32 } }\n",
  ),
  S110: error(
    "not a point of the space",
    "A point has a value for each search marker that exists with its other values. This one has values that the file does not: it belongs to another file, or to an earlier version of this one.",
  ),

  R201: error(
    "unknown variable",
    "`$name` reads a variable that is set under `vars`. There is no variable with this name.",
    "vars: { width: 8 }\ntrain: { batch: $widht }\n",
    "vars: { width: 8 }\ntrain: { batch: $width }\n",
  ),
  R202: error(
    "invalid expression",
    "Text that contains `$name` is an arithmetic expression: numbers, variables, `+ - * /`, parentheses, `min(a, b)` and `max(a, b)`. Other operations are not supported. Write `$$` for a dollar sign in text.",
    "vars: { width: 8 }\ntrain: { batch: $width ** 2 }\n",
    "vars: { width: 8 }\ntrain: { batch: $width * 2 }\n",
  ),
  R203: error(
    "unknown layer name",
    "Joins (`add`, `multiply`, `concat`), `from`, `train.freeze` and `train.rates` refer to a layer by its `name`, or by its kind and number (`dense1`). There is no layer with this name.",
    "model: { layers: [{ dense: 8, name: h1 }, { dense: 8, name: h2 }, { add: [h1, h3] }, { head: label }] }\n",
    "model: { layers: [{ dense: 8, name: h1 }, { dense: 8, name: h2 }, { add: [h1, h2] }, { head: label }] }\n",
  ),
  R204: error(
    "duplicate layer name",
    "Two layers have the same name, so a reference to it is ambiguous.",
    "model: { layers: [{ dense: 8, name: h }, { dense: 8, name: h }, { head: label }] }\n",
    "model: { layers: [{ dense: 8, name: h1 }, { dense: 8, name: h2 }, { head: label }] }\n",
  ),
  R205: error(
    "circular variables",
    "A variable depends on itself, directly or through other variables.",
    "vars: { a: $b, b: $a }\ntrain: { batch: $a }\n",
    "vars: { a: 8, b: $a }\ntrain: { batch: $a }\n",
  ),
  R206: error(
    "reference to a later layer",
    "A layer can only use the outputs of layers above it: data flows from top to bottom.",
    "model: { layers: [{ dense: 8, name: h1 }, { add: [h1, h2] }, { dense: 8, name: h2 }, { head: label }] }\n",
    "model: { layers: [{ dense: 8, name: h1 }, { dense: 8, name: h2 }, { add: [h1, h2] }, { head: label }] }\n",
  ),
  R207: error(
    "name inside a repeat",
    "A `repeat` creates several copies of its layers. A name inside it can therefore be used only inside the same `repeat`, where it means the layer of the same repetition. Layers outside are not visible inside. `input` is the input of each repetition.",
    "model: { layers: [{ dense: 8, name: a }, { repeat: { times: 2, layers: [{ dense: 8, name: b }] } }, { add: [a, b] }, { head: label }] }\n",
    "model: { layers: [{ dense: 8, name: a }, { repeat: { times: 2, layers: [{ dense: 8 }] } }, { dense: 8, name: b }, { add: [a, b] }, { head: label }] }\n",
  ),
  R208: error(
    "unknown block",
    "`use` inserts the layers of a block. `model.blocks` has no block with this name.",
    "model: { blocks: { wide: { layers: [{ dense: 8 }, relu] } }, layers: [{ use: wid }, { head: label }] }\n",
    "model: { blocks: { wide: { layers: [{ dense: 8 }, relu] } }, layers: [{ use: wide }, { head: label }] }\n",
  ),
  R209: error(
    "wrong block arguments",
    "A block declares its parameters with their types (int, number, text, bool, any). Each use must set all of them, and no others.",
    "model: { blocks: { wide: { params: { n: int }, layers: [{ dense: $n }, relu] } }, layers: [{ use: wide }, { head: label }] }\n",
    "model: { blocks: { wide: { params: { n: int }, layers: [{ dense: $n }, relu] } }, layers: [{ use: { wide: { n: 8 } } }, { head: label }] }\n",
  ),
  R210: error(
    "circular blocks",
    "A block uses itself, directly or through other blocks, so it would never end.",
    "model: { blocks: { wide: { layers: [{ dense: 8 }, { use: wide }] } }, layers: [{ use: wide }, { head: label }] }\n",
    "model: { blocks: { wide: { layers: [{ dense: 8 }, relu] } }, layers: [{ use: wide }, { head: label }] }\n",
  ),

  R211: error(
    "invalid condition",
    "A condition of `search.where` compares two sums: numbers, variables and the sizes `model.params`, `model.multiply_adds`, `model.bytes` and `step.bytes`, with `+ - * /`, parentheses, `min` and `max`. The comparisons are `<=`, `<`, `>=`, `>`, `==` and `!=`.",
    'train: { batch: { $search: [16, 32], default: 32 } }\ndata: { source: moons, split: { train: 80%, val: 20% } }\nsearch: { where: ["model.parms <= 50000"] }\n',
    'train: { batch: { $search: [16, 32], default: 32 } }\ndata: { source: moons, split: { train: 80%, val: 20% } }\nsearch: { where: ["model.params <= 50000"] }\n',
  ),

  D300: error("no data", "The model file has no `data`, so there are no rows to train on or to evaluate."),
  D301: error("missing column", "The data has no column with this name. The help lists the nearest names, or all of them."),
  D302: error(
    "undeclared column",
    'Every column of a table must be declared in `data.columns`, so that no column becomes an input by accident. `"*"` declares all columns that are not named.',
  ),
  D303: error(
    "heads and targets do not match",
    "A column is a target if its type is `class` or its role is `target`. A head predicts one of them, or several of numbers or of yes and no. A model may have several heads: each target belongs to one, and each head names targets.",
  ),
  D304: error(
    "split does not fit",
    "The parts of the split need more rows than the data has.",
    "data: { source: { moons: { count: 100 } }, split: { train: 80%, val: 30% } }\n",
    "data: { source: { moons: { count: 100 } }, split: { train: 70%, val: 30% } }\n",
  ),
  D305: error(
    "data cannot be read",
    "A data file is missing, or its content does not have the format that the model file states. The message says where: a row and column of a table, or a byte of a binary file.",
  ),
  D306: error(
    "token outside the embedding",
    "An embedding has one vector for each of its `tokens`: the whole numbers 0, 1, 2, … below that number. Its inputs must be such numbers. Any other value gives NaN and would stop the training. The message names the first row with one.",
  ),
  D307: error(
    "columns and inputs do not match",
    '`model.inputs` gives each named input its columns. Every column of the data that is an input belongs to one of them; targets and ignored columns belong to none. `"*"` stands for all columns that no other input has.',
  ),
  D308: error(
    "not a series",
    "`data.series` makes windows of the rows of a table: past rows, and the targets some steps after them. It needs a table, in time order, and divides it in time order too. A class has one step ahead; numbers may have several.",
  ),
  D309: error(
    "principal components that the rows do not have",
    "`pca` takes at most as many components as a sample has numbers and as there are training rows, of inputs that vary; in a table its columns are columns of one input. Samples have at most 4096 numbers.",
  ),
  D310: error(
    "options of the split that exclude each other",
    "Rows are divided in one way: at random (`stratify` and `group` may be combined), in their order (`by`), or as a column says (`column`). With `folds` the validation rows are each fold in turn, so there is no `val` and no `train`; `test` rows are set apart first. `repeats`, `fold` and `repeat` belong to `folds`.",
    "data: { source: { moons: { count: 100 } }, split: { folds: 5, val: 20% } }\n",
    "data: { source: { moons: { count: 100 } }, split: { folds: 5, test: 20% } }\n",
  ),

  G401: error(
    "incompatible shapes",
    "`add` and `multiply` combine layers element by element, so all shapes must be equal. `concat` joins layers along the last axis, so all other axes must be equal.",
    "model: { layers: [{ dense: 8, name: a }, { dense: 4, name: b }, { add: [a, b] }, { head: label }] }\n",
    "model: { layers: [{ dense: 8, name: a }, { dense: 8, name: b }, { add: [a, b] }, { head: label }] }\n",
  ),
  G402: error("unsupported input shape", "The layer does not accept the output shape of the layers above it."),
  G403: error(
    "head in the wrong place",
    "`head` produces outputs of the model. The last layer is a head, unless there is none; of several heads the others may stand anywhere above it.",
    "model: { layers: [{ head: label }, { dense: 8 }] }\n",
    "model: { layers: [{ dense: 8 }, { head: label }] }\n",
  ),
  G404: error(
    "outputs do not match the target",
    "The target needs another number of outputs: one per class, one for a binary target, or one per predicted number.",
    "data: { source: moons }\nmodel: { layers: [{ dense: 8 }, { dense: 3 }] }\n",
    "data: { source: moons }\nmodel: { layers: [{ dense: 8 }, { head: label }] }\n",
  ),
  G405: error(
    "no layers",
    "A model needs at least one layer.",
    "model: { layers: [] }\n",
    "model: { layers: [{ head: label }] }\n",
  ),
  G406: error(
    "head without a name",
    "Each of several heads has a name: its `name`, or its column if it has one column. The name is that of its scores (`val.NAME.accuracy`), of its loss and of its predictions, so it has only letters, digits and `_`.",
  ),
  G407: error(
    "layer without an input",
    "A layer reads the layer above it. The first layer of a model with several named inputs has none above it, so `from` says which input it reads.",
  ),
  G408: error(
    "unused layer or input",
    "No head depends on the output of this layer or on this input, so it would change nothing. Join it with another branch, or remove it. Checked in models with named inputs or several heads.",
  ),

  T501: error(
    "activation before a loss from logits",
    "A cross-entropy loss takes logits (values before softmax or sigmoid) and applies the function itself, which is numerically stable. If the model applies it too, gradients shrink: the model trains badly, without an error.",
    "model: { layers: [{ dense: 8 }, relu, { dense: 2 }, softmax] }\ntrain: { loss: categorical_cross_entropy }\n",
    "model: { layers: [{ dense: 8 }, relu, { dense: 2 }] }\ntrain: { loss: categorical_cross_entropy }\n",
  ),
  T502: error(
    "sigmoid for more than two classes",
    "A row belongs to exactly one class. Sigmoid gives every class its own probability, and these do not sum to 1. Softmax gives one distribution over all classes.",
    "data: { source: { spirals: { classes: 3 } } }\nmodel: { layers: [{ dense: 8 }, relu, { head: { target: label, activation: sigmoid } }] }\n",
    "data: { source: { spirals: { classes: 3 } } }\nmodel: { layers: [{ dense: 8 }, relu, { head: label }] }\n",
  ),
  T503: error(
    "unknown monitor",
    "A callback watches a score that this run does not compute. Scores are `train.` or `val.`, followed by `loss` or a name listed in `train.metrics`. `val.` needs validation rows.",
    "train: { callbacks: [{ early_stop: { monitor: val.auroc } }] }\n",
    "train: { metrics: [accuracy], callbacks: [{ early_stop: { monitor: val.accuracy } }] }\n",
  ),
  T504: error(
    "patience longer than the run",
    "The callback waits for at least as many epochs as the run has, so it can never act.",
    "train: { epochs: 10, callbacks: [{ early_stop: { monitor: val.loss, patience: 10 } }] }\n",
    "train: { epochs: 10, callbacks: [{ early_stop: { monitor: val.loss, patience: 3 } }] }\n",
  ),
  T505: error(
    "warm-up longer than the run",
    "The learning rate would still be rising when the run ends.",
    "train: { epochs: 5, schedule: { warmup: { epochs: 9 } } }\n",
    "train: { epochs: 5, schedule: { warmup: { epochs: 1 } } }\n",
  ),
  T506: error(
    "batch larger than the data",
    "A batch has more rows than the training part of the data, so every epoch would be a single smaller batch.",
    "data: { source: { moons: { count: 100 } } }\ntrain: { batch: 128 }\n",
    "data: { source: { moons: { count: 100 } } }\ntrain: { batch: 32 }\n",
  ),
  T507: error(
    "loss does not fit the target",
    "The loss is for another type of target. Targets are classes, binary values or numbers.",
    "data: { source: { spirals: { classes: 3 } } }\nmodel: { layers: [{ dense: 8 }, relu, { head: label }] }\ntrain: { loss: binary_cross_entropy }\n",
    "data: { source: { spirals: { classes: 3 } } }\nmodel: { layers: [{ dense: 8 }, relu, { head: label }] }\ntrain: { loss: categorical_cross_entropy }\n",
  ),
  T508: error(
    "equal weights in a hidden layer",
    "If all weights of a hidden layer are equal, all its units compute the same value and get the same gradient. They stay equal, and the layer acts like one unit. `lint.allow` turns this error off.",
    "model: { layers: [{ dense: { units: 8, init: zeros } }, relu, { head: label }] }\n",
    "model: { layers: [{ dense: { units: 8, init: he_normal } }, relu, { head: label }] }\n",
  ),
  T509: error(
    "metric does not fit the target",
    "The metric is for another type of target. Targets are classes, binary values or numbers.",
    "data: { source: { spirals: { classes: 3 } } }\nmodel: { layers: [{ dense: 8 }, relu, { head: label }] }\ntrain: { metrics: [r2] }\n",
    "data: { source: { spirals: { classes: 3 } } }\nmodel: { layers: [{ dense: 8 }, relu, { head: label }] }\ntrain: { metrics: [accuracy] }\n",
  ),
  T510: error(
    "class weights do not fit the target",
    "`class_weight` has one weight per class, in the order of the classes. A target of numbers has no classes.",
    "data: { source: { spirals: { classes: 3 } } }\nmodel: { layers: [{ dense: 8 }, relu, { head: label }] }\ntrain: { regularize: { class_weight: [1, 2] } }\n",
    "data: { source: { spirals: { classes: 3 } } }\nmodel: { layers: [{ dense: 8 }, relu, { head: label }] }\ntrain: { regularize: { class_weight: [1, 2, 1] } }\n",
  ),
  T511: error(
    "batch normalization of one row",
    "Batch normalization needs the variance over the rows of a batch, and a single row has none. The last batch of an epoch contains the remaining rows. Choose a batch size that leaves none, or at least two.",
    "data: { source: { moons: { count: 129 } }, split: { train: 97, val: 32 } }\nmodel: { layers: [{ dense: { units: 8, bias: false } }, batch_norm, relu, { head: label }] }\ntrain: { batch: 32 }\n",
    "data: { source: { moons: { count: 129 } }, split: { train: 97, val: 32 } }\nmodel: { layers: [{ dense: { units: 8, bias: false } }, batch_norm, relu, { head: label }] }\ntrain: { batch: 33 }\n",
  ),
  T512: error(
    "layer does not match its RBM",
    "A pre-training stage learns a restricted Boltzmann machine (RBM). Its hidden units are sigmoid units, so its weights fit a dense layer with a bias and a sigmoid after it. They do not fit ReLU, tanh or maxout.",
    "data: { source: moons, scale: minmax }\nmodel: { layers: [{ dense: { units: 8, activation: relu }, name: h1 }, { head: label }] }\npretrain: [{ rbm: h1 }]\n",
    "data: { source: moons, scale: minmax }\nmodel: { layers: [{ dense: { units: 8, activation: sigmoid }, name: h1 }, { head: label }] }\npretrain: [{ rbm: h1 }]\n",
  ),
  T513: error(
    "wrong order of stages",
    "Each RBM learns from the hidden units of the previous one. Stages therefore go from the input upwards, without leaving out a layer. Between them only layers may stand that pass values through unchanged at inference, such as dropout.",
    "data: { source: moons, scale: minmax }\nmodel: { layers: [{ dense: { units: 8, activation: sigmoid }, name: h1 }, { dense: { units: 4, activation: sigmoid }, name: h2 }, { head: label }] }\npretrain: [{ rbm: h2 }, { rbm: h1 }]\n",
    "data: { source: moons, scale: minmax }\nmodel: { layers: [{ dense: { units: 8, activation: sigmoid }, name: h1 }, { dense: { units: 4, activation: sigmoid }, name: h2 }, { head: label }] }\npretrain: [{ rbm: h1 }, { rbm: h2 }]\n",
  ),
  T514: error(
    "Bernoulli units on data outside 0 to 1",
    "A Bernoulli unit is 0 or 1, and an input from 0 to 1 is the probability of 1. Standardized data lies outside this range. Scale the data to 0…1 (`scale: minmax`), or use `visible: gaussian`, which expects unit variance.",
    "data: { source: moons, scale: standard }\nmodel: { layers: [{ dense: { units: 8, activation: sigmoid }, name: h1 }, { dense: { units: 4, activation: sigmoid }, name: h2 }, { head: label }] }\npretrain: [{ rbm: h1 }, { rbm: h2 }]\n",
    "data: { source: moons, scale: standard }\nmodel: { layers: [{ dense: { units: 8, activation: sigmoid }, name: h1 }, { dense: { units: 4, activation: sigmoid }, name: h2 }, { head: label }] }\npretrain: [{ rbm: { layer: h1, visible: gaussian, lr: 0.005 } }, { rbm: h2 }]\n",
  ),
  T515: error(
    "average longer than the run",
    "`average` is a moving average of the weights over about 1 / (1 - average) steps. In a shorter run it would still consist mostly of the initial weights, and those would be scored and saved.",
    "data: { source: { moons: { count: 100 } } }\nmodel: { layers: [{ dense: 8 }, relu, { head: label }] }\ntrain: { epochs: 10, batch: 20, average: 0.999 }\n",
    "data: { source: { moons: { count: 100 } } }\nmodel: { layers: [{ dense: 8 }, relu, { head: label }] }\ntrain: { epochs: 10, batch: 20, average: 0.8 }\n",
  ),
  T516: error(
    "different run",
    "A resumed run needs the model, training settings and data that it started with, so that it ends with the same bits as an uninterrupted run. Only `train.epochs`, `name`, `evaluate` and `lint` may change.",
  ),
  T517: error(
    "training step exceeds memory",
    "A training step (forward, backward, update) uses one WebAssembly memory of at most 4 GiB. It holds parameters, gradients, optimizer state, a batch, intermediate tensors and up to 1 GiB of the data. The estimate is the engine's own plan, and the message names the layers with the largest tensors. Intermediate tensors grow with the batch: with `accumulate`, smaller batches give the update of a larger one. `--engine reference` has no such limit.",
  ),
  T520: error(
    "duplicate callback or metric",
    "A run has at most one callback of each name: two of them would interfere with each other. The name of a metric is that of its score, so two metrics of one name, such as `top_k: 1` and `top_k: 2`, would have one score.",
    "train: { callbacks: [early_stop, { early_stop: { patience: 3 } }] }\n",
    "train: { callbacks: [{ early_stop: { patience: 3 } }] }\n",
  ),
  T521: error(
    "losses or metrics without their heads",
    "Several heads have `losses`, by the names of the heads; one head has `loss`. Metrics may be one list for all heads, or a list for each.",
    "train: { losses: { label: 2 } }\n",
    "train: { loss: auto }\n",
  ),
  T522: error(
    "two scores for the best epoch",
    "One score decides which epoch is the best, for early stopping and for the checkpoint. With early stopping it is its monitor, so another one of the checkpoint would do nothing.",
    "train: { callbacks: [early_stop, { checkpoint: { monitor: train.loss } }] }\n",
    "train: { callbacks: [early_stop, { checkpoint: { every: 2 } }] }\n",
  ),
  T523: error(
    "bound on the wrong side of a score",
    "`fail_under` is the minimum of scores that are better the higher, such as accuracy; `fail_above` is the maximum of those that are better the lower, such as errors and losses. On the other side a bound would fail good runs and let bad ones pass.",
    "train: { metrics: [accuracy] }\nevaluate: { fail_under: { loss: 0.5 } }\n",
    "train: { metrics: [accuracy] }\nevaluate: { fail_above: { loss: 0.5 } }\n",
  ),
  T524: error(
    "bounds of a part without rows",
    "`fail_under` and `fail_above` bound the scores of the part that `evaluate.split` names: `test`, unless it says otherwise. Where the split leaves that part no rows, as `folds` without `test` does, no score would ever be held to them, and bad runs would pass.",
    "data: { source: moons, split: { train: 80%, val: 20% } }\ntrain: { metrics: [accuracy] }\nevaluate: { fail_under: { accuracy: 0.9 } }\n",
    "data: { source: moons, split: { train: 80%, val: 20% } }\ntrain: { metrics: [accuracy] }\nevaluate: { split: val, fail_under: { accuracy: 0.9 } }\n",
  ),

  T525: error(
    "a search on the wrong side",
    "`maximize` looks for the trials with the highest score, `minimize` for those with the lowest. The score is better on the other side, or it is a size that training does not change.",
    "train: { batch: { $search: [16, 32], default: 32 } }\ndata: { source: moons, split: { train: 80%, val: 20% } }\nsearch: { maximize: val.loss }\n",
    "train: { batch: { $search: [16, 32], default: 32 } }\ndata: { source: moons, split: { train: 80%, val: 20% } }\nsearch: { minimize: val.loss }\n",
  ),
  T526: error(
    "more trials at a time than may be under way",
    "`pending` says how many trials may be under way when the next is chosen, and `parallel` how many run at a time. The trials that a search tries depend on `pending` alone, so they are the same on every machine.",
    "train: { batch: { $search: [16, 32], default: 32 } }\ndata: { source: moons, split: { train: 80%, val: 20% } }\nsearch: { parallel: 16 }\n",
    "train: { batch: { $search: [16, 32], default: 32 } }\ndata: { source: moons, split: { train: 80%, val: 20% } }\nsearch: { parallel: 16, pending: 16 }\n",
  ),
  T527: error(
    "a sampler that does not fit the space",
    "The sampler cannot choose values of this dimension. Other samplers can: `random` and `tpe` search every space.",
  ),
  T528: error(
    "losses that cannot be compared",
    "The search compares trials by their loss, and a value to search changes what the loss is. A lower loss of another kind is not a better model. Search for a metric, such as `val.accuracy`.",
    "train: { loss: { categorical_cross_entropy: { label_smoothing: { $search: [0, 0.1], default: 0 } } } }\ndata: { source: moons, split: { train: 80%, val: 20% } }\nsearch: { minimize: val.loss }\n",
    "train: { loss: { categorical_cross_entropy: { label_smoothing: { $search: [0, 0.1], default: 0 } } }, metrics: [accuracy] }\ndata: { source: moons, split: { train: 80%, val: 20% } }\nsearch: { maximize: val.accuracy }\n",
  ),
  T529: error(
    "more shards than rows in a batch",
    "`shards` cuts each batch into as many shards, which workers compute apart. A shard has at least one row, so there are at most as many as `batch`.",
    "train: { batch: 16, shards: 32 }\n",
    "train: { batch: 16, shards: 8 }\n",
  ),
  T530: error(
    "trial exceeds the memory budget",
    '`--memory` limits the memory of the trials that a process runs at a time. A trial needs the memory that the engine plans for its training, the prepared rows, and that of a thread; it starts when so much is free. One that needs more than all of it is not started, and the search ends: nothing is lost, and `--resume` with a larger `--memory` continues. A condition such as `where: ["step.bytes <= 100000000"]` leaves such points out of the search, on every machine.',
  ),

  A601: advice(
    "sigmoid or tanh with He",
    "He initialization compensates for ReLU, which sets half of its inputs to 0. Sigmoid and tanh do not, so the larger weights push them into saturation, where gradients vanish (Glorot and Bengio 2010).",
    "model: { layers: [{ dense: { units: 8, activation: tanh, init: he_normal } }, { head: label }] }\n",
    "model: { layers: [{ dense: { units: 8, activation: tanh, init: xavier_normal } }, { head: label }] }\n",
  ),
  A602: advice(
    "no gradient through step",
    "The derivative of `step` is 0 everywhere. No gradient reaches the layers below it, so they keep their initial weights.",
    "model: { layers: [{ dense: 8 }, step, { head: label }] }\n",
    "model: { layers: [{ dense: 8 }, relu, { head: label }] }\n",
  ),
  A603: advice(
    "ReLU with Xavier",
    "ReLU sets half of its inputs to 0, which halves the variance at every layer. He initialization compensates for this, Xavier does not (He et al. 2015).",
    "model: { layers: [{ dense: { units: 8, activation: relu, init: xavier_uniform } }, { head: label }] }\n",
    "model: { layers: [{ dense: { units: 8, activation: relu, init: he_uniform } }, { head: label }] }\n",
  ),
  A604: advice(
    "sigmoid in a hidden layer",
    "The derivative of sigmoid is at most 1/4, so gradients shrink at every such layer. Its outputs are all positive, which makes the gradients of the next weights point in one direction. `tanh` is centred at 0, and `relu` does not saturate.",
    "model: { layers: [{ dense: { units: 8, activation: sigmoid } }, { head: label }] }\n",
    "model: { layers: [{ dense: { units: 8, activation: relu } }, { head: label }] }\n",
  ),
  A605: advice(
    "L2 with Adam",
    "Adam scales each gradient by its recent magnitude, and the L2 term with it. Weights with large gradients then hardly decay. `adamw` decays all weights at the same rate (Loshchilov and Hutter 2019).",
    "train: { optimizer: adam, regularize: { l2: 0.01 } }\n",
    "train: { optimizer: { adamw: { weight_decay: 0.01 } } }\n",
  ),
  A606: advice(
    "selu without its requirements",
    "A selu network keeps mean 0 and variance 1 in every layer, but only under conditions: standardized inputs, hidden layers that are all dense with selu and `lecun_normal`, no L1 or L2, no normalization, and `alpha_dropout` in place of `dropout` (Klambauer et al. 2017). Otherwise selu has no advantage.",
    "data: { source: moons, scale: standard }\nmodel: { layers: [{ dense: { units: 8, activation: selu, init: he_normal } }, { head: label }] }\n",
    "data: { source: moons, scale: standard }\nmodel: { layers: [{ dense: { units: 8, activation: selu, init: lecun_normal } }, { head: label }] }\n",
  ),
  A607: advice(
    "saturating activations in a deep net",
    "Tanh and similar functions saturate on both sides, and their derivatives are at most 1. In a net with five or more hidden layers these derivatives multiply, so the first layers hardly learn (Glorot and Bengio 2010).",
    "model: { layers: [{ repeat: { times: 6, layers: [{ dense: { units: 8, activation: tanh } }] } }, { head: label }] }\n",
    "model: { layers: [{ repeat: { times: 6, layers: [{ dense: { units: 8, activation: relu } }] } }, { head: label }] }\n",
  ),
  A608: advice(
    "bias before batch normalization",
    "Batch normalization subtracts the mean of each channel, which cancels a bias added before it: its gradient is always 0. The shift of the normalization does the same work (Ioffe and Szegedy 2015).",
    "model: { layers: [{ dense: 8 }, batch_norm, relu, { head: label }] }\n",
    "model: { layers: [{ dense: { units: 8, bias: false } }, batch_norm, relu, { head: label }] }\n",
  ),
  A609: advice(
    "element dropout in a convolutional net",
    "Neighbouring values of a channel are similar, so dropping single values removes little information. `spatial_dropout` drops whole channels, which regularizes convolutions (Tompson et al. 2015).",
    "model: { input: [2], layers: [{ reshape: [2, 1] }, { conv1d: { filters: 4, kernel: 1 } }, relu, { dropout: 0.2 }, flatten, { head: label }] }\n",
    "model: { input: [2], layers: [{ reshape: [2, 1] }, { conv1d: { filters: 4, kernel: 1 } }, relu, { spatial_dropout: 0.2 }, flatten, { head: label }] }\n",
  ),
  A610: advice(
    "alpha dropout without selu",
    "Alpha dropout replaces dropped values by the negative saturation value of selu, then restores mean and variance. With another activation this value has no meaning (Klambauer et al. 2017).",
    "model: { layers: [{ dense: 8 }, relu, { alpha_dropout: 0.1 }, { head: label }] }\n",
    "model: { layers: [{ dense: 8 }, relu, { dropout: 0.1 }, { head: label }] }\n",
  ),
  A611: dataAdvice(
    "unscaled inputs",
    "Initial weights and usual learning rates assume inputs of about 1. A column with values in the thousands dominates the others and makes the first updates much too large. `scale: standard` gives a column mean 0 and standard deviation 1 over the training rows. For images use `scale: unit`.",
  ),
  A612: dataAdvice(
    "imbalanced classes",
    "One class has more than ten times the rows of another. A model that always predicts the common class then has a high accuracy but is useless. `class_weight: balanced` gives rare classes the same total weight. `auroc`, `f1` and the per-class scores of `adjoint evaluate` show how well they are predicted.",
  ),
  A613: advice(
    "batch normalization of a small last batch",
    "The last batch of an epoch contains the remaining rows. The variance of a few rows is noisy, but it enters the running statistics like that of a full batch, just before the epoch is scored. Choose a batch size that leaves no rows, or more of them.",
    "data: { source: { moons: { count: 131 } }, split: { train: 99, val: 32 } }\nmodel: { layers: [{ dense: { units: 8, bias: false } }, batch_norm, relu, { head: label }] }\ntrain: { batch: 32 }\n",
    "data: { source: { moons: { count: 131 } }, split: { train: 99, val: 32 } }\nmodel: { layers: [{ dense: { units: 8, bias: false } }, batch_norm, relu, { head: label }] }\ntrain: { batch: 33 }\n",
  ),
  A614: dataAdvice(
    "scored token outside the embedding",
    "Validation or test rows contain a token that the embedding does not have. The embedding gives NaN for it, so the loss and the scores become NaN. The message names the first such row.",
  ),
  A620: advice(
    "unusual number",
    "The number is allowed, but outside the usual range: a learning rate of 10 diverges, and one of 1e-9 learns nothing. Some numbers have another meaning in other libraries: `momentum` of `batch_norm` is the weight of the new batch here, and of the old statistics in Keras. `adjoint explain` with the name of an entry describes its options.",
    "train: { optimizer: { adam: { lr: 10 } } }\n",
    "train: { optimizer: { adam: { lr: 0.01 } } }\n",
  ),
  A621: dataAdvice(
    "branches that never meet",
    "No layer joins the branches of these heads, so the model is two models that learn nothing from each other. Let a `concat` or an `add` join them, or train two models.",
  ),
  A630: dataAdvice(
    "whole numbers as a numeric target",
    "The targets are floats, but only a few whole numbers, such as 0.0 to 4.0. Floats are treated as quantities, so the model would learn a regression. If they are class labels, write `target: class` in `data`; `target: { type: class, names: [cat, dog] }` also names the classes. If they are quantities, write `target: number`.",
  ),

  A631: dataAdvice(
    "a column gives the answer away",
    "One column alone tells the target in nearly all training rows, as a copy of the target does, or a fact that is known only afterwards. A net that is given it scores well and is useless for new rows.",
  ),
  A632: dataAdvice(
    "a column is an identifier",
    "The column has another value in every row, or counts the rows. A net can only learn its values by heart.",
  ),
  A633: dataAdvice("a constant column", "The column has one value in all training rows, so nothing can be learned from it."),
  A634: dataAdvice(
    "repeated rows",
    "Training rows are equal in all inputs and the target. Copies weigh more than other rows; with few columns rows may be equal by chance.",
  ),
  A635: dataAdvice(
    "rows shared between parts",
    "Rows of the validation or test part are equal to training rows in all inputs and the target, so their score says nothing about new rows. Where rows belong together, such as several of one patient, a random split separates them.",
  ),
  A636: dataAdvice(
    "parts that differ",
    "The values of a column, or the numbers of an array, in the validation or test part differ from those in the training part more than chance explains: by the Kolmogorov–Smirnov statistic for numbers, by total variation for names.",
  ),
  A640: advice(
    "a search without values to try",
    "The file has a section `search`, and no value has a search marker. Training works as it is; `adjoint search` has nothing to choose.",
    "data: { source: moons, split: { train: 80%, val: 20% } }\nsearch: { trials: 10 }\n",
    "train: { batch: { $search: [16, 32], default: 32 } }\ndata: { source: moons, split: { train: 80%, val: 20% } }\nsearch: { trials: 10 }\n",
  ),
  A641: advice(
    "a grid that is too large",
    "A grid is tried in order. With fewer trials than points, values at its end are never tried; with very many points it takes very long.",
    "train: { epochs: { $search: { int: [1, 9] }, default: 2 } }\ndata: { source: moons, split: { train: 80%, val: 20% } }\nsearch: { sampler: grid, trials: 5 }\n",
    "train: { epochs: { $search: { int: [1, 9] }, default: 2 } }\ndata: { source: moons, split: { train: 80%, val: 20% } }\nsearch: { sampler: grid }\n",
  ),
  A642: advice(
    "unused search marker",
    "The marker stands in a variable or a block that nothing uses, so its value decides nothing, and a search has no dimension for it.",
    "vars: { n: { $search: [8, 16], default: 8 } }\n",
    "vars: { n: { $search: [8, 16], default: 8 } }\ntrain: { batch: $n }\n",
  ),

  L701: dataAdvice(
    "unexpected first loss",
    "Before training, a net for K classes knows nothing, so its loss is about ln K; in general it is that of outputs of 0. A much larger one comes from inputs that are not scaled or from large weights in the last layer. A much smaller one comes from inputs that give the answer away. The loss must rise with every larger penalty λ of the weights.",
  ),
  L702: dataAdvice(
    "a few rows are not learned",
    "A net with enough units learns a few rows by heart, without a penalty, in some hundred steps. One that does not has a defect: a rate that is too low or too high, gradients that do not arrive, targets that do not follow from the inputs.",
  ),
  L703: dataAdvice(
    "learning rate outside its band",
    "A copy of the weights was trained for a hundred steps at rising rates. Below the band the loss hardly falls, above it the loss rises to infinity. The rate where it falls steepest is a good choice.",
  ),
  L704: dataAdvice(
    "a signal that fades, grows or saturates",
    "The outputs of layers should deviate by about the same amount from layer to layer. Where they fade to 0 nothing can be told apart, where they are at the ends of tanh or sigmoid no gradient passes. Initializers keep deviations: He for relu, Xavier for tanh and sigmoid, LeCun for selu.",
  ),
  L705: dataAdvice(
    "a gradient that vanishes or explodes",
    "The gradient of the first layers is a product of the slopes of all layers after them. With slopes below 1, as those of sigmoid, it vanishes with depth; with large weights it explodes. The first layer should have at least a thousandth of the last one's.",
  ),
  L706: dataAdvice(
    "updates of an unusual size",
    "One step of the optimizer usually moves the weights of a layer by about a thousandth of their size. Much less means that the layer stands still, much more that each step overwrites what was learned.",
  ),
  L707: dataAdvice(
    "dead units",
    "The units are 0 for every row, so no gradient passes through them and they stay as they are. They come from steps that are too large, or from biases far below 0. 10 to 20 % are common with relu at high rates.",
  ),
  L708: dataAdvice(
    "a gap between training and validation rows",
    "The net has learned its training rows by heart: its validation loss is much larger than its training loss. More rows, augmentation, dropout, weight decay, fewer units or an early stop reduce the gap.",
  ),
  L709: dataAdvice(
    "worse than a simple model",
    "The best constant answer or a linear model of the inputs has a smaller loss on the same rows. A net that loses against a constant has learned nothing; one that loses against a line is not worth its parameters.",
  ),
} as const satisfies { readonly [code: string]: CodeEntry }

/** A code of the table. */
export type Code = keyof typeof codes

/** The phase a code belongs to. */
export const phaseOf = (code: Code): Phase => code.charAt(0) as Phase

/** Whether a text is a code of the table. */
export const isCode = (text: string): text is Code => Object.hasOwn(codes, text)
