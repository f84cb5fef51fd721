import { describe, expect, it } from "vitest"
import { type CodeEntry, codes } from "../src/diagnostic/Codes.ts"
import { read } from "../src/Read.ts"
import { fromText } from "../src/source/Source.ts"
import { completed, shown } from "./reading.ts"

const found = (text: string) => [...new Set(read(fromText("m.yaml", completed(text))).diagnostics.map((d) => d.code))]

const shortOnes = Object.entries<CodeEntry>(codes).flatMap(([code, { right, wrong }]) =>
  wrong === undefined || right === undefined ? [] : [{ code, wrong, right }],
)

describe("every code", () => {
  it.each(shortOnes)("$code: the wrong example gives it alone, the right one nothing", ({ code, right, wrong }) => {
    expect(found(wrong)).toEqual([code])
    expect(found(right)).toEqual([])
  })

  it("is shown at its place", () => {
    const all = shortOnes.map(({ wrong }) => shown(completed(wrong))).join("\n\n")
    expect(all).toMatchInlineSnapshot(`
      "error[Y001]: the bracket \`{\` that opens here is not closed
        --> m.yaml:1:8
      1 | train: { epochs: 3
        |        ^
      2 | schema: 1
        | - \`}\` is missing before this
        = help: write \`}\` where the map ends  [fix available]

      error[Y002]: the key \`epochs\` is set twice in train
        --> m.yaml:1:21
      1 | train: { epochs: 3, epochs: 5 }
        |          ------ first set here
        |                     ^^^^^^
        = help: keep one of them

      error[Y003]: the anchor \`&n\` is not allowed
        --> m.yaml:1:18
      1 | train: { epochs: &n 3, batch: *n }
        |                  ^^
        = help: name shared values under \`vars\` and read them with \`$name\`
      error[Y003]: the alias \`*n\` is not allowed
        --> m.yaml:1:31
      1 | train: { epochs: &n 3, batch: *n }
        |                               ^^
        = help: name shared values under \`vars\` and read them with \`$name\`

      error[Y007]: a key must be a plain name
        --> m.yaml:1:10
      1 | train: { [a, b]: 3 }
        |          ^^^^^^
        = help: write \`name: value\`; keys cannot be empty, lists or maps

      error[Y008]: a model file has one document; a second one starts here
        --> m.yaml:2:1
      2 | ---
        | ^
        = help: write each model to its own file

      error[S101]: unknown key \`learningrate\` in train.optimizer.sgd
        --> m.yaml:1:30
      1 | train: { optimizer: { sgd: { learningrate: 0.1 } } }
        |                              ^^^^^^^^^^^^
        = help: did you mean \`lr\`?  [fix available]

      error[S102]: \`units\` is missing in model.layers[0].dense
        --> m.yaml:1:21
      1 | model: { layers: [{ dense: {} }, { head: label }] }
        |                     ^^^^^
        = help: \`units\`: The number of outputs. Example: \`dense: 16\`.

      error[S103]: train.epochs: expected a whole number > 0, got -3
        --> m.yaml:1:18
      1 | train: { epochs: -3 }
        |                  ^^
        = help: did you mean \`3\`?

      error[S104]: model.layers[1]: there is no layer \`rleu\`
        --> m.yaml:1:33
      1 | model: { layers: [{ dense: 8 }, rleu, { head: label }] }
        |                                 ^^^^
        = help: did you mean \`relu\`?  [fix available]

      error[S105]: model.layers[0]: expected one layer, got \`dense\` and \`dropout\`
        --> m.yaml:1:31
      1 | model: { layers: [{ dense: 8, dropout: 0.5 }, { head: label }] }
        |                               ^^^^^^^
        = help: write each as its own item

      error[S106]: model.layers[0].name: expected a name: a letter or \`_\`, then letters, digits and \`_\`, 64 at most, got the text "h 1"
        --> m.yaml:1:37
      1 | model: { layers: [{ dense: 8, name: "h 1" }, { head: label }] }
        |                                     ^^^^^
        = help: names are part of parameter paths and checkpoints

      error[S107]: schema: expected \`1\`, the version of the model language, got 2
        --> m.yaml:1:9
      1 | schema: 2
        |         ^

      error[S108]: \`report\` is not supported yet
        --> m.yaml:1:1
      1 | report: { plots: true }
        | ^^^^^^
        = help: the model language reserves this name for a later version: remove it

      error[S109]: \`data.split\` cannot be searched: it decides which rows are scored
        --> m.yaml:1:61
      1 | data: { source: moons, split: { train: 70%, val: { $search: [20%, 30%], default: 20% }, seed: 1 } }
        |                                                             ^^^^^^^^^^
        = help: all trials are compared on the same rows: search how columns are prepared, the model or the training; for other rows write another file

      error[R201]: there is no variable \`widht\`
        --> m.yaml:2:17
      2 | train: { batch: $widht }
        |                 ^^^^^^
        = help: did you mean \`$width\`?  [fix available]

      error[R202]: \`$width ** 2\` is not an expression: \`*\` is where a number is expected
        --> m.yaml:2:17
      2 | train: { batch: $width ** 2 }
        |                 ^^^^^^^^^^^
        = help: use numbers, \`$name\`, + - * / ( ) min max; for a dollar sign in text write \`$$\`

      error[R203]: there is no layer named \`h3\`
        --> m.yaml:1:79
      1 | model: { layers: [{ dense: 8, name: h1 }, { dense: 8, name: h2 }, { add: [h1, h3] }, { head: label }] }
        |                                                                               ^^
        = help: did you mean \`h1\` or \`h2\`?

      error[R204]: two layers have the name \`h\`
        --> m.yaml:1:60
      1 | model: { layers: [{ dense: 8, name: h }, { dense: 8, name: h }, { head: label }] }
        |                                     - first used here
        |                                                            ^
        = help: give one of them another name

      error[R205]: \`b\` is defined by itself: \`$b\` → \`$a\` → \`$b\`
        --> m.yaml:1:12
      1 | vars: { a: $b, b: $a }
        |            ^^
        |                - \`b\` is set here
      error[R205]: \`a\` is defined by itself: \`$a\` → \`$b\` → \`$a\`
        --> m.yaml:1:19
      1 | vars: { a: $b, b: $a }
        |         - \`a\` is set here
        |                   ^^

      error[R206]: \`h2\` comes later: a layer can only join layers above it
        --> m.yaml:1:55
      1 | model: { layers: [{ dense: 8, name: h1 }, { add: [h1, h2] }, { dense: 8, name: h2 }, { head: label }] }
        |                                                       ^^
        |                                                                                -- named here

      error[R207]: \`b\` is inside a \`repeat\`, so it is not visible outside it
        --> m.yaml:1:112
      1 | … { times: 2, layers: [{ dense: 8, name: b }] } }, { add: [a, b] }, { head: label }] }
        |                                          - named here
        |                                                               ^
        = help: join it inside the repeat, or give the repeat a name

      error[R208]: there is no block \`wid\`
        --> m.yaml:1:78
      1 | model: { blocks: { wide: { layers: [{ dense: 8 }, relu] } }, layers: [{ use: wid }, { head: label }] }
        |                                                                              ^^^
        = help: did you mean \`wide\`?  [fix available]

      error[R209]: \`n\` of the block \`wide\` is missing
        --> m.yaml:1:99
      1 | …dense: $n }, relu] } }, layers: [{ use: wide }, { head: label }] }
        |                                          ^^^^
        = help: it takes \`n\`

      error[R210]: the block \`wide\` uses itself
        --> m.yaml:1:58
      1 | model: { blocks: { wide: { layers: [{ dense: 8 }, { use: wide }] } }, layers: [{ use: wide }, { head: label }] }
        |                                                          ^^^^

      error[R211]: there is no size \`model.parms\`
        --> m.yaml:3:19
      3 | search: { where: ["model.parms <= 50000"] }
        |                   ^^^^^^^^^^^^^^^^^^^^^^
        = help: did you mean \`model.params\`?

      error[D304]: the parts of the split add up to 110% of the rows
        --> m.yaml:1:60
      1 | data: { source: { moons: { count: 100 } }, split: { train: 80%, val: 30% } }
        |                                                            ^^^ \`train\` exceeds 100%
        = help: make a part smaller: the others leave \`train: 70%\`

      error[D310]: \`val\` and \`folds\` of the split exclude each other
        --> m.yaml:1:63
      1 | data: { source: { moons: { count: 100 } }, split: { folds: 5, val: 20% } }
        |                                                     ----- each fold is the validation rows once, and the others train
        |                                                               ^^^
        = help: remove one of them

      error[G401]: \`add\` needs equal shapes: a is [8], b is [4]
        --> m.yaml:1:72
      1 | model: { layers: [{ dense: 8, name: a }, { dense: 4, name: b }, { add: [a, b] }, { head: label }] }
        |                                                   - outputs [4]
        |                                                                        ^^^^^^ [8] + [4]
        = help: set \`units: 8\` in b, or add \`dense: 8\` after it and join the result

      error[G403]: \`head\` produces the outputs, so it must be the last layer
        --> m.yaml:1:21
      1 | model: { layers: [{ head: label }, { dense: 8 }] }
        |                     ^^^^
        = help: move it to the end; for a hidden layer write \`dense\`  [fix available]

      error[G404]: the layers output [3], but the target \`label\` needs [1]
        --> m.yaml:2:35
      2 | model: { layers: [{ dense: 8 }, { dense: 3 }] }
        |                                   ^^^^^ outputs [3]
        = help: write \`head: label\` in its place: it has as many outputs as the target needs

      error[G405]: there are no layers
        --> m.yaml:1:18
      1 | model: { layers: [] }
        |                  ^^
        = help: the smallest model is \`- head: label\`

      error[T501]: \`softmax\` before \`categorical_cross_entropy\`, which takes logits and applies it itself
        --> m.yaml:1:53
      1 | model: { layers: [{ dense: 8 }, relu, { dense: 2 }, softmax] }
        |                                                     ^^^^^^^
      2 | train: { loss: categorical_cross_entropy }
        |                ------------------------- takes logits
        = help: remove \`softmax\`: predictions are still converted to probabilities  [fix available]

      error[T502]: \`sigmoid\` for 3 classes that exclude each other
        --> m.yaml:2:76
      2 | model: { layers: [{ dense: 8 }, relu, { head: { target: label, activation: sigmoid } }] }
        |                                                                            ^^^^^^^
        = help: remove it: the loss applies softmax itself  [fix available]

      error[T503]: this run does not compute the score \`val.auroc\`
        --> m.yaml:1:47
      1 | train: { callbacks: [{ early_stop: { monitor: val.auroc } }] }
        |                                               ^^^^^^^^^
        = help: the scores are \`val.accuracy\`, \`val.loss\`, \`train.loss\` and \`train.accuracy\`; add others to \`train.metrics\`

      error[T504]: patience of 10 epochs in a run of 10: \`early_stop\` can never act
        --> m.yaml:1:79
      1 | train: { epochs: 10, callbacks: [{ early_stop: { monitor: val.loss, patience: 10 } }] }
        |          ------ 10 epochs
        |                                                                               ^^
        = help: use a smaller patience, or more epochs

      error[T505]: the learning rate rises for 9 epochs in a run of 5
        --> m.yaml:1:51
      1 | train: { epochs: 5, schedule: { warmup: { epochs: 9 } } }
        |          ------ 5 epochs
        |                                                   ^
        = help: one epoch, or a twentieth of the run, is usual

      error[T506]: a batch of 128 rows, but only 70 training rows
        --> m.yaml:2:17
      1 | data: { source: { moons: { count: 100 } } }
        |       ------------------------------------- 70 rows
      2 | train: { batch: 128 }
        |                 ^^^
        = help: \`train: { batch: 70 }\` at most  [fix available]

      error[T507]: \`binary_cross_entropy\` does not fit the target, which is one of 3 classes
        --> m.yaml:3:16
      3 | train: { loss: binary_cross_entropy }
        |                ^^^^^^^^^^^^^^^^^^^^
        = help: write \`auto\`, which chooses the default loss of the target, or \`categorical_cross_entropy\`, \`hinge\` or \`kl_divergence\`  [fix available]

      error[T508]: \`zeros\` gives all weights of a hidden \`dense\` layer the same value, so its units stay equal
        --> m.yaml:1:46
      1 | model: { layers: [{ dense: { units: 8, init: zeros } }, relu, { head: label }] }
        |                                              ^^^^^
        = help: use \`auto\`, or a random initializer  [fix available]

      error[T509]: \`r2\` does not fit the target, which is one of 3 classes
        --> m.yaml:3:20
      3 | train: { metrics: [r2] }
        |                    ^^
        = help: metrics for this target: \`accuracy\`, \`top_k\`, \`precision\`, \`recall\`, \`f1\`, \`auroc\`, \`auprc\`, \`log_loss\` and \`calibration_error\`

      error[T510]: 2 class weights for 3 classes
        --> m.yaml:3:38
      3 | train: { regularize: { class_weight: [1, 2] } }
        |                                      ^^^^^^
        = help: write one weight per class, in the order of the classes (0, 1, 2), or \`balanced\`

      error[T511]: \`batch_norm\` cannot train on the last batch (97 rows in batches of 32): it has one row, and one row has no variance
        --> m.yaml:3:17
      2 | model: { layers: [{ dense: { units: 8, bias: false } }, batch_norm, relu, { head: label }] }
        |                                                         ---------- normalizes over the batch
      3 | train: { batch: 32 }
        |                 ^^
        = help: \`batch: 33\`, or \`layer_norm\`, which does not depend on the batch  [fix available]

      error[T512]: \`h1\` has the activation \`relu\`: the hidden units of an RBM are sigmoid units
        --> m.yaml:3:19
      2 | model: { layers: [{ dense: { units: 8, activation: relu }, name: h1 }, { head: label }] }
        |                     ----- the layer
      3 | pretrain: [{ rbm: h1 }]
        |                   ^^
        = help: pre-train a layer such as \`{ dense: { units: 500, activation: sigmoid } }\`

      error[T513]: \`h1\` is between the input and \`h2\`, but has no stage
        --> m.yaml:3:19
      2 | model: { layers: [{ dense: { units: 8, activation: sigmoid }, name: h1 }, { dense: { units: 4, activation: sigmoid }, na…
        |                     ----- has no stage
      3 | pretrain: [{ rbm: h2 }, { rbm: h1 }]
        |                   ^^
        = help: put the stage \`- rbm: h1\` before it
      error[T513]: \`h1\` is pre-trained after \`h2\`, which learns from its outputs
        --> m.yaml:3:32
      3 | pretrain: [{ rbm: h2 }, { rbm: h1 }]
        |                                ^^
        = help: stages go from the input upwards, each layer once

      error[T514]: Bernoulli units need values from 0 to 1, but the data has values outside this range
        --> m.yaml:3:14
      1 | data: { source: moons, scale: standard }
        |                               -------- scales the data
      ...
      3 | pretrain: [{ rbm: h1 }, { rbm: h2 }]
        |              ^^^
        = help: \`visible: gaussian\` for standardized data, or \`scale: minmax\`

      error[T515]: an average over about 1000 steps in a run of 40 steps would consist mostly of the initial weights
        --> m.yaml:3:42
      3 | train: { epochs: 10, batch: 20, average: 0.999 }
        |                                          ^^^^^
        = help: \`average: 0.87\` averages over a fifth of the run

      error[T520]: \`early_stop\` is in the list twice, and only one of them would count
        --> m.yaml:1:36
      1 | train: { callbacks: [early_stop, { early_stop: { patience: 3 } }] }
        |                      ---------- first used here
        |                                    ^^^^^^^^^^
        = help: keep one of them, with all its options

      error[T521]: \`losses\` has a loss for each of several heads, but the model has one output
        --> m.yaml:1:10
      1 | train: { losses: { label: 2 } }
        |          ^^^^^^
        = help: write \`loss: …\`, which has no weight

      error[T522]: \`early_stop\` chooses the best epoch by \`val.loss\`, so \`train.loss\` would do nothing
        --> m.yaml:1:59
      1 | train: { callbacks: [early_stop, { checkpoint: { monitor: train.loss } }] }
        |                      ---------- early stopping
        |                                                           ^^^^^^^^^^
        = help: remove this monitor, or give both the same one

      error[T523]: \`fail_under\` sets the minimum of a score, and \`loss\` is better the lower: good runs would fail
        --> m.yaml:2:27
      2 | evaluate: { fail_under: { loss: 0.5 } }
        |                           ^^^^
        = help: write it under \`fail_above\`, which sets the maximum  [fix available]

      error[T524]: \`fail_under\` bounds scores of the test rows, and there are none
        --> m.yaml:3:13
      3 | evaluate: { fail_under: { accuracy: 0.9 } }
        |             ^^^^^^^^^^
        = help: \`split: val\`, or set \`data.split.test\`

      error[T525]: \`maximize\` looks for the worst trials: \`val.loss\` is better the lower
        --> m.yaml:3:21
      3 | search: { maximize: val.loss }
        |                     ^^^^^^^^
        = help: write it under \`minimize\`

      error[T526]: 16 trials cannot run at a time: at most 8 are under way
        --> m.yaml:3:21
      3 | search: { parallel: 16 }
        |                     ^^
        = help: write \`pending: 16\` too: the sampler then chooses with fewer results

      error[T528]: with this value \`val.loss\` is another loss, by which trials cannot be compared
        --> m.yaml:1:79
      1 | train: { loss: { categorical_cross_entropy: { label_smoothing: { $search: [0, 0.1], default: 0 } } } }
        |                                                                               ^^^
        = help: search for a metric instead, such as \`maximize: val.accuracy\`

      error[T529]: a batch of 16 rows cannot be cut into 32 shards
        --> m.yaml:1:29
      1 | train: { batch: 16, shards: 32 }
        |                 -- rows of a batch
        |                             ^^
        = help: at most one for each row; \`shards: 4\` cuts it into shards of 4 rows or fewer

      warning[A601]: \`tanh\` with \`he_normal\`: prefer \`xavier_normal\` (avoids saturation at the start)
        --> m.yaml:1:64
      1 | model: { layers: [{ dense: { units: 8, activation: tanh, init: he_normal } }, { head: label }] }
        |                                                    ---- the activation
        |                                                                ^^^^^^^^^
        = help: write \`xavier_normal\`  [fix available]

      warning[A602]: no gradient passes through \`step\`: the layers below it keep their initial weights
        --> m.yaml:1:33
      1 | model: { layers: [{ dense: 8 }, step, { head: label }] }
        |                                 ^^^^
        = help: use \`sigmoid\` or \`relu\`  [fix available]

      warning[A603]: \`relu\` with \`xavier_uniform\`: prefer \`he_uniform\` (keeps the variance of the activations)
        --> m.yaml:1:64
      1 | model: { layers: [{ dense: { units: 8, activation: relu, init: xavier_uniform } }, { head: label }] }
        |                                                    ---- the activation
        |                                                                ^^^^^^^^^^^^^^
        = help: write \`he_uniform\`  [fix available]

      warning[A604]: \`sigmoid\` in a hidden layer: its slope is at most 1/4, so gradients shrink at every such layer
        --> m.yaml:1:52
      1 | model: { layers: [{ dense: { units: 8, activation: sigmoid } }, { head: label }] }
        |                                                    ^^^^^^^
        = help: prefer \`relu\`, or \`tanh\`, which is centred at 0  [fix available]

      warning[A605]: \`l2\` with \`adam\`: prefer the decay of \`adamw\` (adam divides the penalty by the size of the gradient)
        --> m.yaml:1:41
      1 | train: { optimizer: adam, regularize: { l2: 0.01 } }
        |                     ---- adam
        |                                         ^^
        = help: \`optimizer: { adamw: { weight_decay: 0.01 } }\`, without \`l2\`

      warning[A606]: \`selu\` with \`he_normal\`: selu needs \`lecun_normal\` (variance 1 / fan_in)
        --> m.yaml:2:64
      2 | model: { layers: [{ dense: { units: 8, activation: selu, init: he_normal } }, { head: label }] }
        |                                                    ---- needs these conditions
        |                                                                ^^^^^^^^^
        = help: write \`lecun_normal\`, or \`auto\`, which selects it  [fix available]

      warning[A607]: \`tanh\` in a net of 6 hidden layers: where it saturates, hardly any gradient passes through a layer
        --> m.yaml:1:83
      1 | model: { layers: [{ repeat: { times: 6, layers: [{ dense: { units: 8, activation: tanh } }] } }, { head: label }] }
        |                                                                                   ^^^^
        = help: prefer \`relu\` in deep nets  [fix available]

      warning[A608]: the bias of \`dense\` has no effect: \`batch_norm\` subtracts the mean
        --> m.yaml:1:21
      1 | model: { layers: [{ dense: 8 }, batch_norm, relu, { head: label }] }
        |                     ^^^^^
        |                                 ---------- has its own shift
        = help: \`bias: false\`  [fix available]

      warning[A609]: \`dropout\` after \`conv1d\`: neighbouring values are similar, so dropping single values removes little
        --> m.yaml:1:99
      1 | …t: [2], layers: [{ reshape: [2, 1] }, { conv1d: { filters: 4, kernel: 1 } }, relu, { dropout: 0.2 }, flatten, { head: la…
        |                                          ------ outputs channels
        |                                                                                       ^^^^^^^
        = help: prefer \`spatial_dropout\`, which drops whole channels  [fix available]

      warning[A610]: \`alpha_dropout\` without \`selu\`: it replaces dropped values by the lowest output of selu, which other activations do not have
        --> m.yaml:1:41
      1 | model: { layers: [{ dense: 8 }, relu, { alpha_dropout: 0.1 }, { head: label }] }
        |                                         ^^^^^^^^^^^^^
        = help: prefer \`dropout\`  [fix available]

      warning[A613]: the last batch (99 rows in batches of 32) has 3 rows: \`batch_norm\` adds the noisy variance of 3 values per channel to its running statistics
        --> m.yaml:3:17
      2 | model: { layers: [{ dense: { units: 8, bias: false } }, batch_norm, relu, { head: label }] }
        |                                                         ---------- normalizes over the batch
      3 | train: { batch: 32 }
        |                 ^^
        = help: \`batch: 33\`, or \`layer_norm\`, which does not depend on the batch  [fix available]

      warning[A620]: \`lr\` of \`adam\` is 10: from 0.000001 to 0.1 is usual
        --> m.yaml:1:35
      1 | train: { optimizer: { adam: { lr: 10 } } }
        |                                   ^^
        = help: try \`lr: 0.001\`, the default

      warning[A640]: there is nothing to search: no value has a search marker
        --> m.yaml:2:1
      2 | search: { trials: 10 }
        | ^^^^^^
        = help: write values to try in place of one: \`batch: { $search: [16, 32], default: 32 }\`

      warning[A641]: the grid has 9 points, and only the first 5 are tried
        --> m.yaml:3:20
      3 | search: { sampler: grid, trials: 5 }
        |                    ^^^^
        = help: \`sampler: random\` tries values of every dimension with any number of trials

      warning[A642]: this search marker decides nothing: \`$n\` is not used
        --> m.yaml:1:12
      1 | vars: { n: { $search: [8, 16], default: 8 } }
        |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        = help: a search has no dimension for it: use it, or write its default in its place"
    `)
  })
})
