/**
 * Every diagnostic there is, by code: what `adjoint explain` prints. The letter is the phase that finds it: Y syntax,
 * S schema, R references, D data, G graph and shape, T training compatibility, A advice.
 *
 * `wrong` and `right` are model files with the sections that do not matter left out; a test completes each with plain
 * defaults and checks that the first gives exactly this code and the second gives nothing.
 */

/** An error keeps the model from being used; a warning does not. */
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
} as const

/** The letter of a phase. */
export type Phase = keyof typeof phases

/** What is known of one code. */
export interface CodeEntry {
  readonly severity: Severity
  readonly title: string
  readonly explanation: string
  /** Left out where no short text shows it. */
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

/** Advice on what only the data can say, so that no short text shows it. */
const dataAdvice = (title: string, explanation: string): CodeEntry => ({ severity: "warning", title, explanation })

/** The table of codes. */
export const codes = {
  Y001: error(
    "not YAML",
    "The text breaks the rules of YAML 1.2, so nothing further can be said about it. The usual reasons are a bracket or a quote that is never closed, a line indented too little, or a tab in the indentation.",
    "train: { epochs: 3\n",
    "train: { epochs: 3 }\n",
  ),
  Y002: error(
    "duplicate key",
    "A key is set twice in one map. Many readers keep the last one without a word; here it is an error, because one of the two is not what was meant.",
    "train: { epochs: 3, epochs: 5 }\n",
    "train: { epochs: 5 }\n",
  ),
  Y003: error(
    "tag, anchor, alias, merge key or directive",
    "These parts of YAML make a file mean something other than what is written. Share values through `vars` instead.",
    "train: { epochs: &n 3, batch: *n }\n",
    "vars: { n: 3 }\ntrain: { epochs: $n, batch: $n }\n",
  ),
  Y004: error("not text", "A model file is YAML or JSON saved as UTF-8. This file holds bytes that are not."),
  Y005: error("empty file", "The file has no content. The smallest model file has `schema`, `data` and `model`."),
  Y006: error(
    "too large",
    "The file, or what its variables expand to, is beyond the limits of a model file: 1 MiB of text, 250,000 words and signs, 64 levels of nesting, 100,000 values, 10,000 layers (those of a `repeat` count as often as they are repeated).",
  ),
  Y007: error(
    "unusable key",
    "Keys are plain names or numbers. Lists, maps and nothing at all cannot be keys, nor can `__proto__`.",
    "train: { [a, b]: 3 }\n",
    "train: { epochs: 3 }\n",
  ),
  Y008: error(
    "more than one document",
    "A model file is one YAML document; `---` must not start a second one.",
    "train: { epochs: 3 }\n---\ntrain: { epochs: 3 }\n",
    "train: { epochs: 3 }\n",
  ),
  Y009: error(
    "file cannot be read",
    "There is no file at this path, or it may not be read. Paths are taken from the folder the command was typed in.",
  ),

  S101: error(
    "unknown key",
    "The key is not part of the language at this place. Nothing is ignored: a misspelt key would otherwise leave its default in force without a word.",
    "train: { optimizer: { sgd: { learningrate: 0.1 } } }\n",
    "train: { optimizer: { sgd: { lr: 0.1 } } }\n",
  ),
  S102: error(
    "missing key",
    "A value without which nothing can be built is not there.",
    "model: { layers: [{ dense: {} }, { head: label }] }\n",
    "model: { layers: [{ dense: { units: 8 } }, { head: label }] }\n",
  ),
  S103: error(
    "wrong kind of value",
    "The value is of another kind than the message says, or out of its range.",
    "train: { epochs: -3 }\n",
    "train: { epochs: 3 }\n",
  ),
  S104: error(
    "unknown name",
    "The name is in none of the tables that may be used here: layers, activations, initializers, losses, optimizers, learning-rate schedules, metrics, callbacks. A name is looked up, never executed.",
    "model: { layers: [{ dense: 8 }, rleu, { head: label }] }\n",
    "model: { layers: [{ dense: 8 }, relu, { head: label }] }\n",
  ),
  S105: error(
    "not one name",
    "A layer, optimizer, loss and the like is written as one name, or as a map with that one name as its key. Each layer is an item of its own.",
    "model: { layers: [{ dense: 8, dropout: 0.5 }, { head: label }] }\n",
    "model: { layers: [{ dense: 8 }, { dropout: 0.5 }, { head: label }] }\n",
  ),
  S106: error(
    "bad name",
    "The names you give (to layers and variables) start with a letter or `_` and go on with letters, digits and `_`. They appear in parameter paths, so `__proto__`, `constructor` and `prototype` are not allowed.",
    'model: { layers: [{ dense: 8, name: "h 1" }, { head: label }] }\n',
    "model: { layers: [{ dense: 8, name: h_1 }, { head: label }] }\n",
  ),
  S107: error(
    "unknown schema version",
    "`schema` says which version of the language the file is written in. This version of Adjoint reads version 1.",
    "schema: 2\n",
    "schema: 1\n",
  ),
  S108: error(
    "not here yet",
    "The language has a place for this, but this version of Adjoint does not build it.",
    "search: { trials: 10 }\n",
    "train: { epochs: 3 }\n",
  ),

  R201: error(
    "unknown variable",
    "`$name` reads a name set under `vars`, and there is none of that name.",
    "vars: { width: 8 }\ntrain: { batch: $widht }\n",
    "vars: { width: 8 }\ntrain: { batch: $width }\n",
  ),
  R202: error(
    "bad expression",
    "A text with `$name` in it is an expression over numbers: `+ - * /`, parentheses, `min(a, b)` and `max(a, b)`. Nothing else is computed. For a dollar sign as text write `$$`.",
    "vars: { width: 8 }\ntrain: { batch: $width ** 2 }\n",
    "vars: { width: 8 }\ntrain: { batch: $width * 2 }\n",
  ),
  R203: error(
    "unknown layer name",
    "Joins, `train.freeze` and `train.rates` name layers by the `name` that was given to them, or by their kind and number (`dense1`), and there is no layer of that name.",
    "model: { layers: [{ dense: 8, name: h1 }, { dense: 8, name: h2 }, { add: [h1, h3] }, { head: label }] }\n",
    "model: { layers: [{ dense: 8, name: h1 }, { dense: 8, name: h2 }, { add: [h1, h2] }, { head: label }] }\n",
  ),
  R204: error(
    "name used twice",
    "Two layers have one name, so a reference to it would have two answers.",
    "model: { layers: [{ dense: 8, name: h }, { dense: 8, name: h }, { head: label }] }\n",
    "model: { layers: [{ dense: 8, name: h1 }, { dense: 8, name: h2 }, { head: label }] }\n",
  ),
  R205: error(
    "variables in a circle",
    "A variable is defined by itself, directly or by way of others.",
    "vars: { a: $b, b: $a }\ntrain: { batch: $a }\n",
    "vars: { a: 8, b: $a }\ntrain: { batch: $a }\n",
  ),
  R206: error(
    "layer named before it stands",
    "A layer can only join layers that stand above it: data flows from top to bottom.",
    "model: { layers: [{ dense: 8, name: h1 }, { add: [h1, h2] }, { dense: 8, name: h2 }, { head: label }] }\n",
    "model: { layers: [{ dense: 8, name: h1 }, { dense: 8, name: h2 }, { add: [h1, h2] }, { head: label }] }\n",
  ),
  R207: error(
    "name inside a repeat",
    "A layer inside `repeat` exists several times, so its name can only be used inside that same `repeat`, where it means the one of the same round; and there, the layers outside are not seen. `input` is what each round is given.",
    "model: { layers: [{ dense: 8, name: a }, { repeat: { times: 2, layers: [{ dense: 8, name: b }] } }, { add: [a, b] }, { head: label }] }\n",
    "model: { layers: [{ dense: 8, name: a }, { repeat: { times: 2, layers: [{ dense: 8 }] } }, { dense: 8, name: b }, { add: [a, b] }, { head: label }] }\n",
  ),
  R208: error(
    "unknown block",
    "`use` puts the layers of a block in its place, and there is no block of that name under `model.blocks`.",
    "model: { blocks: { wide: { layers: [{ dense: 8 }, relu] } }, layers: [{ use: wid }, { head: label }] }\n",
    "model: { blocks: { wide: { layers: [{ dense: 8 }, relu] } }, layers: [{ use: wide }, { head: label }] }\n",
  ),
  R209: error(
    "values of another block",
    "A block declares its parameters, each with its kind (int, number, text, bool, any); a use gives all of them and no others.",
    "model: { blocks: { wide: { params: { n: int }, layers: [{ dense: $n }, relu] } }, layers: [{ use: wide }, { head: label }] }\n",
    "model: { blocks: { wide: { params: { n: int }, layers: [{ dense: $n }, relu] } }, layers: [{ use: { wide: { n: 8 } } }, { head: label }] }\n",
  ),
  R210: error(
    "blocks in a circle",
    "A block uses itself, directly or by way of others, so its layers would never end.",
    "model: { blocks: { wide: { layers: [{ dense: 8 }, { use: wide }] } }, layers: [{ use: wide }, { head: label }] }\n",
    "model: { blocks: { wide: { layers: [{ dense: 8 }, relu] } }, layers: [{ use: wide }, { head: label }] }\n",
  ),

  D300: error("no data", "The model file names no data, so there is nothing to train on or to evaluate with."),
  D301: error(
    "column absent",
    "A column named in the model file is not in the data. The nearest names that are there are given.",
  ),
  D302: error(
    "column not dealt with",
    'Every column of a table is dealt with in `data.columns`: a column that is forgotten should not be fed to a network by accident. `"*"` stands for all that are not named.',
  ),
  D303: error("target unclear", "The head must predict a column whose role is `target`, and there must be exactly one."),
  D304: error(
    "split does not fit",
    "The parts of the split ask for more rows than there are.",
    "data: { source: { moons: { count: 100 } }, split: { train: 80%, val: 30% } }\n",
    "data: { source: { moons: { count: 100 } }, split: { train: 70%, val: 30% } }\n",
  ),
  D305: error(
    "data cannot be read",
    "A data file is missing, or it does not hold what its kind of file must hold. The message says where: the row and column of a table, the byte of a binary file.",
  ),
  D306: error(
    "token outside the embedding",
    "An embedding has a row of numbers for each of its `tokens`, which are the whole numbers from 0. What is given to it must be one of them: any other number reads NaN, and training would end there. The message names the first such row.",
  ),

  G401: error(
    "shapes that do not join",
    "`add` sums layers element by element, so their shapes must be equal; `concat` joins them along the last axis, so all other sizes must be equal.",
    "model: { layers: [{ dense: 8, name: a }, { dense: 4, name: b }, { add: [a, b] }, { head: label }] }\n",
    "model: { layers: [{ dense: 8, name: a }, { dense: 8, name: b }, { add: [a, b] }, { head: label }] }\n",
  ),
  G402: error("layer cannot take this shape", "The shape that comes out of the layers above is not one this layer works on."),
  G403: error(
    "head in the wrong place",
    "`head` makes the outputs, so it stands once, as the last layer.",
    "model: { layers: [{ head: label }, { dense: 8 }] }\n",
    "model: { layers: [{ dense: 8 }, { head: label }] }\n",
  ),
  G404: error(
    "outputs do not match the target",
    "The number of outputs is not what the target needs: one per class, one for a yes-or-no target, one per predicted number.",
    "data: { source: moons }\nmodel: { layers: [{ dense: 8 }, { dense: 3 }] }\n",
    "data: { source: moons }\nmodel: { layers: [{ dense: 8 }, { head: label }] }\n",
  ),
  G405: error(
    "no layers",
    "A model has at least one layer.",
    "model: { layers: [] }\n",
    "model: { layers: [{ head: label }] }\n",
  ),

  T501: error(
    "activation before a loss from logits",
    "Cross-entropy losses take logits (numbers before softmax or sigmoid) and apply the function themselves, which is exact where applying it first is not. Applying it in the model too flattens the gradient: the model trains badly without failing.",
    "model: { layers: [{ dense: 8 }, relu, { dense: 2 }, softmax] }\ntrain: { loss: categorical_cross_entropy }\n",
    "model: { layers: [{ dense: 8 }, relu, { dense: 2 }] }\ntrain: { loss: categorical_cross_entropy }\n",
  ),
  T502: error(
    "sigmoid for more than two classes",
    "Sigmoid outputs do not compete, so they are no distribution over classes that exclude each other.",
    "data: { source: { spirals: { classes: 3 } } }\nmodel: { layers: [{ dense: 8 }, relu, { head: { target: label, activation: sigmoid } }] }\n",
    "data: { source: { spirals: { classes: 3 } } }\nmodel: { layers: [{ dense: 8 }, relu, { head: label }] }\n",
  ),
  T503: error(
    "monitor nobody produces",
    "A callback watches a score that this run never computes: scores are `train.` or `val.` followed by `loss` or a name listed in `train.metrics`, and `val.` needs a validation split.",
    "train: { callbacks: [{ early_stop: { monitor: val.auroc } }] }\n",
    "train: { metrics: [accuracy], callbacks: [{ early_stop: { monitor: val.accuracy } }] }\n",
  ),
  T504: error(
    "patience longer than the run",
    "Early stopping waits for more epochs than the run has, so it can never stop anything.",
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
    "A batch holds more rows than the training split, so every epoch would be one short batch.",
    "data: { source: { moons: { count: 100 } } }\ntrain: { batch: 128 }\n",
    "data: { source: { moons: { count: 100 } } }\ntrain: { batch: 32 }\n",
  ),
  T507: error(
    "loss does not fit the target",
    "The loss compares another kind of thing than the target is: classes, a yes-or-no value, or numbers.",
    "data: { source: { spirals: { classes: 3 } } }\nmodel: { layers: [{ dense: 8 }, relu, { head: label }] }\ntrain: { loss: binary_cross_entropy }\n",
    "data: { source: { spirals: { classes: 3 } } }\nmodel: { layers: [{ dense: 8 }, relu, { head: label }] }\ntrain: { loss: categorical_cross_entropy }\n",
  ),
  T508: error(
    "equal weights in a hidden layer",
    "With all weights of a hidden layer equal, every unit computes the same thing and gets the same gradient, so they stay equal for ever: the layer is one unit wide. `lint.allow` overrides this.",
    "model: { layers: [{ dense: { units: 8, init: zeros } }, relu, { head: label }] }\n",
    "model: { layers: [{ dense: { units: 8, init: he_normal } }, relu, { head: label }] }\n",
  ),
  T509: error(
    "metric does not fit the target",
    "The score is of another kind of thing than the target is: classes, a yes-or-no value, or numbers.",
    "data: { source: { spirals: { classes: 3 } } }\nmodel: { layers: [{ dense: 8 }, relu, { head: label }] }\ntrain: { metrics: [r2] }\n",
    "data: { source: { spirals: { classes: 3 } } }\nmodel: { layers: [{ dense: 8 }, relu, { head: label }] }\ntrain: { metrics: [accuracy] }\n",
  ),
  T510: error(
    "class weights do not fit the target",
    "There is one weight for each class, in the order of the classes; a target of numbers has none.",
    "data: { source: { spirals: { classes: 3 } } }\nmodel: { layers: [{ dense: 8 }, relu, { head: label }] }\ntrain: { regularize: { class_weight: [1, 2] } }\n",
    "data: { source: { spirals: { classes: 3 } } }\nmodel: { layers: [{ dense: 8 }, relu, { head: label }] }\ntrain: { regularize: { class_weight: [1, 2, 1] } }\n",
  ),
  T511: error(
    "batch normalization of one row",
    "Batch normalization takes the variance over the rows of a batch, and one row has none. An epoch's last batch is what is left over: make it two rows or more.",
    "data: { source: { moons: { count: 129 } }, split: { train: 97, val: 32 } }\nmodel: { layers: [{ dense: { units: 8, bias: false } }, batch_norm, relu, { head: label }] }\ntrain: { batch: 32 }\n",
    "data: { source: { moons: { count: 129 } }, split: { train: 97, val: 32 } }\nmodel: { layers: [{ dense: { units: 8, bias: false } }, batch_norm, relu, { head: label }] }\ntrain: { batch: 33 }\n",
  ),
  T512: error(
    "no layer for a machine",
    "A stage of pre-training learns a restricted Boltzmann machine, whose hidden units are on with the probability of a sigmoid of what comes in. Its weights are those of a dense layer with a bias that sigmoid follows; a ReLU, tanh or maxout layer makes something else of the same sums.",
    "data: { source: moons, scale: minmax }\nmodel: { layers: [{ dense: { units: 8, activation: relu }, name: h1 }, { head: label }] }\npretrain: [{ rbm: h1 }]\n",
    "data: { source: moons, scale: minmax }\nmodel: { layers: [{ dense: { units: 8, activation: sigmoid }, name: h1 }, { head: label }] }\npretrain: [{ rbm: h1 }]\n",
  ),
  T513: error(
    "stages out of order",
    "Each machine learns what the hidden units of the one before it do, so stages go from the input upwards and leave no layer out. Between two of them there may be layers that let everything through once the net has learned, such as dropout.",
    "data: { source: moons, scale: minmax }\nmodel: { layers: [{ dense: { units: 8, activation: sigmoid }, name: h1 }, { dense: { units: 4, activation: sigmoid }, name: h2 }, { head: label }] }\npretrain: [{ rbm: h2 }, { rbm: h1 }]\n",
    "data: { source: moons, scale: minmax }\nmodel: { layers: [{ dense: { units: 8, activation: sigmoid }, name: h1 }, { dense: { units: 4, activation: sigmoid }, name: h2 }, { head: label }] }\npretrain: [{ rbm: h1 }, { rbm: h2 }]\n",
  ),
  T514: error(
    "Bernoulli units on data outside of 0 to 1",
    "A Bernoulli unit is on or off, and a number from 0 to 1 that it is given counts as the probability of being on. Standardized data goes beyond: scale it to 0…1, or let the units be Gaussian, which stand for quantities of unit variance.",
    "data: { source: moons, scale: standard }\nmodel: { layers: [{ dense: { units: 8, activation: sigmoid }, name: h1 }, { dense: { units: 4, activation: sigmoid }, name: h2 }, { head: label }] }\npretrain: [{ rbm: h1 }, { rbm: h2 }]\n",
    "data: { source: moons, scale: standard }\nmodel: { layers: [{ dense: { units: 8, activation: sigmoid }, name: h1 }, { dense: { units: 4, activation: sigmoid }, name: h2 }, { head: label }] }\npretrain: [{ rbm: { layer: h1, visible: gaussian, lr: 0.005 } }, { rbm: h2 }]\n",
  ),
  T515: error(
    "average longer than the run",
    "The mean of the weights over time looks back over about 1 / (1 - average) steps. In a run of fewer it would still be mostly the weights from before training, and that is what would be scored and kept.",
    "data: { source: { moons: { count: 100 } } }\nmodel: { layers: [{ dense: 8 }, relu, { head: label }] }\ntrain: { epochs: 10, batch: 20, average: 0.999 }\n",
    "data: { source: { moons: { count: 100 } } }\nmodel: { layers: [{ dense: 8 }, relu, { head: label }] }\ntrain: { epochs: 10, batch: 20, average: 0.8 }\n",
  ),
  T516: error(
    "another run",
    "A run is gone on with by the model, the training and the data that it began with, so that it ends with the same bits as if it had never stopped. Only `train.epochs` may change, and what is not of training: `name`, `evaluate`, `lint`.",
  ),
  T517: error(
    "a step that does not fit into memory",
    "A step of training, forward, backward and update, works in one memory of WebAssembly, which holds 4 GiB: the parameters with their gradients and what the optimizer remembers of them, the batch, what the layers make of it, and the data itself up to 1 GiB. The step is planned as the engine would do it, and the layers are named whose arrays are the largest. What layers make grows with the batch, parameters do not. On fewer rows with `accumulate` the steps are those of a larger batch. Only `--engine reference` knows no such bound.",
  ),
  T520: error(
    "callback twice",
    "A run has one of each callback. Two of one name would watch two scores and end or slow the run twice, and which of the two has the last word nobody could see.",
    "train: { callbacks: [early_stop, { early_stop: { patience: 3 } }] }\n",
    "train: { callbacks: [{ early_stop: { patience: 3 } }] }\n",
  ),

  A601: advice(
    "sigmoid or tanh with He",
    "He initialization makes up for the half of the signal that ReLU cuts off. Sigmoid and tanh cut nothing, so its larger weights push them towards saturation, where the gradient vanishes (Glorot and Bengio 2010).",
    "model: { layers: [{ dense: { units: 8, activation: tanh, init: he_normal } }, { head: label }] }\n",
    "model: { layers: [{ dense: { units: 8, activation: tanh, init: xavier_normal } }, { head: label }] }\n",
  ),
  A602: advice(
    "step cannot be trained through",
    "The derivative of `step` is 0 everywhere, so no gradient reaches the layers below it and they keep their initial weights.",
    "model: { layers: [{ dense: 8 }, step, { head: label }] }\n",
    "model: { layers: [{ dense: 8 }, relu, { head: label }] }\n",
  ),
  A603: advice(
    "ReLU with Xavier",
    "ReLU sets half of its inputs to 0, which halves the variance at every layer; Xavier does not make up for it, He does (He et al. 2015).",
    "model: { layers: [{ dense: { units: 8, activation: relu, init: xavier_uniform } }, { head: label }] }\n",
    "model: { layers: [{ dense: { units: 8, activation: relu, init: he_uniform } }, { head: label }] }\n",
  ),
  A604: advice(
    "sigmoid in a hidden layer",
    "The slope of the sigmoid is at most 1/4 and its outputs are all positive, so the gradient shrinks at every such layer and the weights of the next one are pulled in one direction together. `tanh` centres at 0; `relu` does not saturate.",
    "model: { layers: [{ dense: { units: 8, activation: sigmoid } }, { head: label }] }\n",
    "model: { layers: [{ dense: { units: 8, activation: relu } }, { head: label }] }\n",
  ),
  A605: advice(
    "L2 with Adam",
    "Adam divides the gradient by its own size, and an L2 term with it, so weights with large gradients are hardly decayed. `adamw` decays every weight alike (Loshchilov and Hutter 2019).",
    "train: { optimizer: adam, regularize: { l2: 0.01 } }\n",
    "train: { optimizer: { adamw: { weight_decay: 0.01 } } }\n",
  ),
  A606: advice(
    "selu without its conditions",
    "Layers of selu keep mean 0 and variance 1 by themselves, however many there are, but only if the inputs are standardized, every hidden layer is a dense one of selu whose weights start from LeCun's normal distribution, and nothing else moves the statistics: no L1 or L2, no normalization, no ordinary dropout (Klambauer et al. 2017). Without all of that it is one more activation.",
    "data: { source: moons, scale: standard }\nmodel: { layers: [{ dense: { units: 8, activation: selu, init: he_normal } }, { head: label }] }\n",
    "data: { source: moons, scale: standard }\nmodel: { layers: [{ dense: { units: 8, activation: selu, init: lecun_normal } }, { head: label }] }\n",
  ),
  A607: advice(
    "saturating activations in a deep net",
    "Tanh and its relatives flatten out on both sides. Through one layer that costs little; in a net of five or more hidden layers the slopes, all at most 1, multiply, and the first layers hardly learn (Glorot and Bengio 2010).",
    "model: { layers: [{ repeat: { times: 6, layers: [{ dense: { units: 8, activation: tanh } }] } }, { head: label }] }\n",
    "model: { layers: [{ repeat: { times: 6, layers: [{ dense: { units: 8, activation: relu } }] } }, { head: label }] }\n",
  ),
  A608: advice(
    "bias before batch normalization",
    "Batch normalization takes the mean of each channel out, and with it any bias added before, whose gradient is 0 for ever. Its own shift does the bias's work (Ioffe and Szegedy 2015).",
    "model: { layers: [{ dense: 8 }, batch_norm, relu, { head: label }] }\n",
    "model: { layers: [{ dense: { units: 8, bias: false } }, batch_norm, relu, { head: label }] }\n",
  ),
  A609: advice(
    "dropout of single numbers of an image",
    "Neighbouring numbers of a channel are alike, so what dropout takes away still stands beside it, and little is lost. Dropping channels whole is what regularizes a convolution (Tompson et al. 2015).",
    "model: { input: [2], layers: [{ reshape: [2, 1] }, { conv1d: { filters: 4, kernel: 1 } }, relu, { dropout: 0.2 }, flatten, { head: label }] }\n",
    "model: { input: [2], layers: [{ reshape: [2, 1] }, { conv1d: { filters: 4, kernel: 1 } }, relu, { spatial_dropout: 0.2 }, flatten, { head: label }] }\n",
  ),
  A610: advice(
    "alpha dropout without selu",
    "Alpha dropout puts what selu is far below 0 in place of what it drops, and then restores the mean and the variance that selu keeps. Beside any other activation that value means nothing (Klambauer et al. 2017).",
    "model: { layers: [{ dense: 8 }, relu, { alpha_dropout: 0.1 }, { head: label }] }\n",
    "model: { layers: [{ dense: 8 }, relu, { dropout: 0.1 }, { head: label }] }\n",
  ),
  A611: dataAdvice(
    "inputs that are not scaled",
    "Initial weights and usual learning rates are made for inputs of about 1. Where a column goes to a thousand, it drowns the others, and the first steps are far too long. `scale: standard` takes a column to mean 0 and standard deviation 1, as the training rows have them; images have `scale: unit`.",
  ),
  A612: dataAdvice(
    "imbalanced classes",
    "Where one class has more than ten times the rows of another, always answering the common one is rarely wrong, and accuracy looks good for nothing. `class_weight: balanced` lets rare classes count as much, and `auroc`, `f1` or the classes one by one of `adjoint evaluate` say how they fare.",
  ),
  A613: advice(
    "batch normalization of a last batch of few rows",
    "An epoch's last batch is what is left over. The variance of a few rows is mostly chance, and it goes into the running statistics with the same weight as that of a whole batch, just before the epoch is scored with them. A batch that leaves more over, or nothing, is as good in all else.",
    "data: { source: { moons: { count: 131 } }, split: { train: 99, val: 32 } }\nmodel: { layers: [{ dense: { units: 8, bias: false } }, batch_norm, relu, { head: label }] }\ntrain: { batch: 32 }\n",
    "data: { source: { moons: { count: 131 } }, split: { train: 99, val: 32 } }\nmodel: { layers: [{ dense: { units: 8, bias: false } }, batch_norm, relu, { head: label }] }\ntrain: { batch: 33 }\n",
  ),
  A614: dataAdvice(
    "scored token outside the embedding",
    "Rows that are only scored hold a token that the embedding does not have. It reads NaN, so the scores of these rows, and the loss of all, say nothing. The message names the first such row.",
  ),
  A620: advice(
    "an unusual number",
    "The number is allowed, and hardly anyone means it: a learning rate of 10 diverges, one of 1e-9 learns nothing, and a momentum of 0.99 for `batch_norm` is the share of the old batches in Keras and of the new one here. `adjoint explain` with the name says what each option does.",
    "train: { optimizer: { adam: { lr: 10 } } }\n",
    "train: { optimizer: { adam: { lr: 0.01 } } }\n",
  ),
  A630: dataAdvice(
    "whole numbers as quantities",
    "The targets are an array of floats that holds a few whole numbers only, such as 0.0 to 4.0. Floats count as quantities, so the model would learn a regression; labels of classes that were saved as floats look the same. `target: class` in `data` says that they name classes (`target: { type: class, names: [cat, dog] }` also says what the labels 0, 1, 2 … are called), `target: number` that they are quantities.",
  ),
} as const satisfies { readonly [code: string]: CodeEntry }

/** A code of the table. */
export type Code = keyof typeof codes

/** The phase a code belongs to. */
export const phaseOf = (code: Code): Phase => code.charAt(0) as Phase

/** Whether a text is a code of the table. */
export const isCode = (text: string): text is Code => Object.hasOwn(codes, text)
