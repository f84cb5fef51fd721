/** Checks that the settings of training agree: outputs, loss and target, monitors, and durations. */
import { type ActivationTraits, identity } from "@adjoint/core/learning/Activation"
import { layerOf, type Model, type Named, useOf } from "../Document.ts"
import type { Finding } from "../diagnostic/Diagnostic.ts"
import type { Edit } from "../diagnostic/Edit.ts"
import { listed } from "../diagnostic/Suggest.ts"
import { headsOf as modelHeads } from "../net/Heads.ts"
import { withDefaults } from "../net/Uses.ts"
import { type Head, type HeadTarget, headsOf } from "../prepare/Facts.ts"
import { activationTraits, type Catalogue, traitsOf } from "../schema/Catalogue.ts"
import type { Path } from "../source/Path.ts"
import * as Heads from "./Heads.ts"
import * as Monitors from "./Monitors.ts"
import { classCount, fitting, headLoss, kindOf, lossName, metricFits, metricLists } from "./Outputs.ts"
import type { Subject } from "./Subject.ts"

/** All findings about training. */
export const check = (subject: Subject): ReadonlyArray<Finding> => [
  ...activations(subject),
  ...Heads.check(subject),
  ...headsOf(subject.facts).flatMap((head) => losses(subject, head)),
  ...metrics(subject),
  ...classWeights(subject),
  ...twice(subject),
  ...Monitors.check(subject),
  ...overruled(subject),
  ...durations(subject),
  ...shards(subject),
]

/** A batch has a row for each of its shards. */
const shards = ({ train: { batch, shards: count = 1 } }: Subject): ReadonlyArray<Finding> =>
  count <= batch
    ? []
    : [
        {
          code: "T529",
          message: `a batch of ${batch} rows cannot be cut into ${count} shards`,
          at: { path: ["train", "shards"] },
          related: [{ at: { path: ["train", "batch"] }, label: "rows of a batch" }],
          help: `at most one for each row; \`shards: ${Math.max(1, Math.ceil(batch / 4))}\` cuts it into shards of ${Math.min(4, batch)} rows or fewer`,
        },
      ]

/** The activation at the end of a model, and the path to delete with it. */
interface Ending {
  readonly name: string
  readonly path: Path
  readonly whole: Path
}

/** The activation of the layer at a place, which ends the model or is one of its heads. */
const endingAt = (model: Model, i: number): Ending | undefined => {
  const layer = model.layers[i]
  if (layer === undefined) return undefined
  const item = layerOf(layer)
  const path = ["model", "layers", i]
  if (item._tag === "Head") return inside(item.head.activation, [...path, "head", "activation"])
  if (item._tag !== "Use") return undefined
  const activation = Object.hasOwn(item.use.options, "activation") ? (item.use.options.activation as Named) : undefined
  return activation === undefined
    ? { name: item.use.name, path: [...path, item.use.name], whole: path }
    : inside(activation, [...path, item.use.name, "activation"])
}

const inside = (named: Named, path: Path): Ending => {
  const { name } = useOf(named)
  return { name, path: [...path, name], whole: path }
}

/** Whether an activation converts logits to probabilities, as losses that take logits do. */
const responds = (traits: ActivationTraits | undefined): boolean =>
  traits?.role === "probability" || traits?.role === "probabilities"

const takesLogits = (catalogue: Catalogue, name: string): boolean => {
  const loss = withDefaults(catalogue.loss, name)
  return loss !== undefined && loss.response !== identity
}

const activations = (subject: Subject): ReadonlyArray<Finding> => {
  const { facts, model } = subject
  if (model === undefined) return []
  const places = new Map(modelHeads(model).map(({ index, name }) => [name, index]))
  return headsOf(facts).flatMap((head) => {
    const place = head.name === undefined ? undefined : places.get(head.name)
    return activation(subject, head, endingAt(model, place ?? model.layers.length - 1))
  })
}

const activation = ({ catalogue, made, train }: Subject, head: Head, end: Ending | undefined): ReadonlyArray<Finding> => {
  const traits = end === undefined ? undefined : activationTraits(catalogue, end.name)
  if (end === undefined || !responds(traits)) return []
  const at = { path: end.path, on: "key" } as const
  const classes = classCount(head.target)
  const fix: Edit = { title: `remove \`${end.name}\``, remove: end.whole }
  if (traits?.role === "probability" && classes !== undefined && classes > 2)
    return [
      {
        code: "T502",
        message: `\`${end.name}\` for ${classes} classes that exclude each other`,
        at,
        help: "remove it: the loss applies softmax itself",
        fix,
      },
    ]
  const loss = lossName(catalogue.loss, train, head, made)
  if (loss === undefined || !takesLogits(catalogue, loss)) return []
  const written = headLoss(train, head)
  return [
    {
      code: "T501",
      message: `\`${end.name}\` before \`${loss}\`, which takes logits and applies it itself`,
      at,
      related: written.loss === "auto" ? [] : [{ at: { path: written.path }, label: "takes logits" }],
      help: `remove \`${end.name}\`: predictions are still converted to probabilities`,
      fix,
    },
  ]
}

const describe = (target: HeadTarget): string => {
  if (target.type === "numbers") return target.names.length === 1 ? "a number" : `${target.names.length} numbers`
  if (target.type === "labels") return `${target.names.length} answers of yes and no`
  const count = classCount(target)
  return count === 2 ? "one of two classes" : `one of ${count} classes`
}

/** What a message calls the target of a head. */
const targetIn = ({ name, target }: Head): string =>
  name === undefined
    ? `the target, which is ${describe(target)}`
    : `the target of the head \`${name}\`, which is ${describe(target)}`

const losses = ({ catalogue, train }: Subject, head: Head): ReadonlyArray<Finding> => {
  const fit = fitting(catalogue.loss, head.target)
  const { loss, path } = headLoss(train, head)
  if (fit === undefined || loss === "auto") return []
  const { name } = useOf(loss)
  if (fit.includes(name)) return []
  const isBeside = head.name !== undefined
  return [
    {
      code: "T507",
      message: `\`${name}\` does not fit ${targetIn(head)}`,
      at: { path: [...path, name], on: "key" },
      help: `write \`auto\`, which chooses the default loss of the target, or ${listed(fit)}`,
      // The weight stands beside the loss of a head.
      fix: isBeside
        ? { title: `write \`${fit[0]}\``, at: { path: [...path, name], on: "key" }, text: fit[0] ?? "auto" }
        : { title: "write `auto`", at: { path }, text: "auto" },
    },
  ]
}

/** Metrics that do not fit the target of their head, or of any head. */
const metrics = ({ catalogue, facts, train }: Subject): ReadonlyArray<Finding> => {
  const heads = headsOf(facts)
  return metricLists(train.metrics).flatMap(([items, path]) => {
    const of = heads.filter(({ name }) => path.length === 2 || name === path.at(-1))
    const kinds = of.flatMap(({ target }) => kindOf(target) ?? [])
    if (of.length === 0 || kinds.length < of.length) return []
    const fits = (name: string): boolean => kinds.some((kind) => metricFits(catalogue.metric, name, kind))
    const fit = Object.keys(catalogue.metric).filter(fits)
    const [only, second] = of
    return items.flatMap((metric, i): ReadonlyArray<Finding> => {
      const { name } = useOf(metric)
      if (only === undefined || fits(name)) return []
      return [
        {
          code: "T509",
          message: `\`${name}\` does not fit ${second === undefined ? targetIn(only) : "the target of any head"}`,
          at: { path: [...path, i, name], on: "key" },
          help: `metrics for ${second === undefined ? "this target" : "these targets"}: ${listed(fit, "and")}`,
        },
      ]
    })
  })
}

/** Class weights without classes, or for another number of classes. */
const classWeights = ({ facts, train }: Subject): ReadonlyArray<Finding> => {
  const weights = train.regularize.class_weight
  const heads = headsOf(facts)
  const [only, second] = heads
  if (weights === undefined || only === undefined) return []
  const at = { path: ["train", "regularize", "class_weight"], on: "key" } as const
  const classes = heads.filter(({ target }) => target.type === "class" || target.type === "binary")
  const [head, other] = classes
  if (head === undefined) {
    const what = second === undefined ? `a target that is ${describe(only.target)}` : "heads without classes"
    return [{ code: "T510", message: `class weights for ${what}`, at, help: "remove them" }]
  }
  if (weights === "balanced") return []
  if (other !== undefined)
    return [
      {
        code: "T510",
        message: `one list of class weights for ${classes.length} heads with classes`,
        at: { path: at.path },
        help: "`balanced` weights the classes of each head",
        fix: { title: "write `balanced`", at: { path: at.path }, text: "balanced" },
      },
    ]
  const { target } = head
  const names = target.type === "class" || target.type === "binary" ? target.classes : undefined
  const count = classCount(target)
  if (count === undefined || weights.length === count) return []
  return [
    {
      code: "T510",
      message: `${weights.length} class weights for ${count} classes`,
      at: { path: at.path },
      help: `write one weight per class, in the order of the classes${names === undefined ? "" : ` (${names.slice(0, 8).join(", ")}${count > 8 ? ", …" : ""})`}, or \`balanced\``,
    },
  ]
}

/** Names that are twice in a list of which each has one place: callbacks, and metrics, whose names are those of the scores. */
const twice = ({ train }: Subject): ReadonlyArray<Finding> =>
  [[train.callbacks, ["train", "callbacks"]] as const, ...metricLists(train.metrics)].flatMap(([items, path]) => {
    const names = items.map((item) => useOf(item).name)
    const at = (i: number) => ({ path: [...path, i, names[i] ?? ""], on: "key" }) as const
    return names.flatMap((name, i): ReadonlyArray<Finding> => {
      const first = names.indexOf(name)
      if (first === i) return []
      return [
        {
          code: "T520",
          message: `\`${name}\` is in the list twice, and only one of them would count`,
          at: at(i),
          related: [{ at: at(first), label: "first used here" }],
          help: "keep one of them, with all its options",
        },
      ]
    })
  })

/**
 * A monitor of the checkpoint that early stopping overrules. The checkpoint's default is taken for an omitted one, which follows
 * early stopping.
 */
const overruled = ({ catalogue, train }: Subject): ReadonlyArray<Finding> => {
  const uses = train.callbacks.map(useOf)
  const stop = uses.findIndex(({ name }) => name === "early_stop")
  const kept = uses.findIndex(({ name }) => name === "checkpoint")
  const [wanted, ignored] = [uses[stop]?.options.monitor, uses[kept]?.options.monitor]
  const { default: usual } = catalogue.callback.checkpoint?.options.monitor ?? {}
  if (wanted === undefined || ignored === undefined || ignored === wanted || ignored === usual) return []
  return [
    {
      code: "T522",
      message: `\`early_stop\` chooses the best epoch by \`${wanted}\`, so \`${ignored}\` would do nothing`,
      at: { path: ["train", "callbacks", kept, "checkpoint", "monitor"] },
      related: [{ at: { path: ["train", "callbacks", stop, "early_stop"], on: "key" }, label: "early stopping" }],
      help: "remove this monitor, or give both the same one",
    },
  ]
}

const durations = ({ catalogue, data, facts, train }: Subject): ReadonlyArray<Finding> => {
  const { batch, epochs } = train
  const ended = { at: { path: ["train", "epochs"], on: "key" as const }, label: `${epochs} epochs` }
  const patience = train.callbacks.flatMap((callback, i): ReadonlyArray<Finding> => {
    const { name, options } = useOf(callback)
    const option = traitsOf(catalogue.callback, name)?.patience
    const patience = option === undefined ? undefined : options[option]
    if (option === undefined || typeof patience !== "number" || patience < epochs) return []
    return [
      {
        code: "T504",
        message: `patience of ${patience} epochs in a run of ${epochs}: \`${name}\` can never act`,
        at: { path: ["train", "callbacks", i, name, option] },
        related: [ended],
        help: "use a smaller patience, or more epochs",
      },
    ]
  })
  const { name, options } = useOf(train.schedule)
  const option = traitsOf(catalogue.schedule, name)?.rise ?? ""
  const time = options[option]
  const rising = typeof time === "string" ? (Number.parseFloat(time) / 100) * epochs : typeof time === "number" ? time : 0
  const warmup: ReadonlyArray<Finding> =
    rising >= epochs
      ? [
          {
            code: "T505",
            message: `the learning rate rises for ${rising} epochs in a run of ${epochs}`,
            at: { path: ["train", "schedule", name, option] },
            related: [ended],
            help: "one epoch, or a twentieth of the run, is usual",
          },
        ]
      : []
  const rows = facts.rows?.train
  const large: ReadonlyArray<Finding> =
    rows !== undefined && rows > 0 && batch > rows
      ? [
          {
            code: "T506",
            message: `a batch of ${batch} rows, but only ${rows} training rows`,
            at: { path: ["train", "batch"] },
            ...(data === undefined
              ? {}
              : { related: [{ at: { path: ["data", "split"], on: "key" as const }, label: `${rows} rows` }] }),
            help: `\`train: { batch: ${rows} }\` at most`,
            fix: { title: `write \`batch: ${rows}\``, at: { path: ["train", "batch"] }, text: String(rows), main: "" },
          },
        ]
      : []
  return [...patience, ...warmup, ...large, ...lookingBack(train, rows)]
}

/** A moving average over more steps than the run has consists mostly of the initial weights. */
const lookingBack = (
  { accumulate = 1, average, batch, epochs }: Subject["train"],
  rows: number | undefined,
): ReadonlyArray<Finding> => {
  if (average === undefined || rows === undefined || rows === 0) return []
  const steps = Math.floor((Math.ceil(rows / batch) * epochs) / accumulate)
  const span = Math.round(1 / (1 - average))
  // A fifth of the run, to two digits.
  const fits = Math.floor(100 * (1 - 5 / steps)) / 100
  if (span <= steps) return []
  return [
    {
      code: "T515",
      message: `an average over about ${span} steps in a run of ${steps} steps would consist mostly of the initial weights`,
      at: { path: ["train", "average"] },
      help: fits > 0 ? `\`average: ${fits}\` averages over a fifth of the run` : "use more epochs, or remove `average`",
    },
  ]
}
