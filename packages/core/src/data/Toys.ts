/**
 * Small generated datasets that show what a net can and cannot learn. The same key always gives the same rows, in the order of
 * their classes. Each function throws `OptionError` for a number outside the bounds of its entry.
 */
import { type Entry, entry, filled, type Options } from "../learning/Entry.ts"
import { cos, sin } from "../tensor/elementwise.ts"
import * as Key from "../tensor/Key.ts"
import { read } from "../tensor/read.ts"
import * as NDArray from "../types/NDArray.ts"
import type { Dataset } from "./Dataset.ts"

/** The options of toys: their bounds and defaults, for the catalogue and for the functions. */
const count = {
  kind: "integer",
  doc: "Rows in all.",
  synonyms: ["n_samples", "samples", "rows", "size", "n"],
  default: 200,
  minimum: 2,
  maximum: 250_000,
} as const
const noise = (usual: number) =>
  ({
    kind: "number",
    doc: "Standard deviation of the noise.",
    synonyms: ["std", "sigma", "cluster_std"],
    default: usual,
    minimum: 0,
  }) as const
const classes = (usual: number) =>
  ({
    kind: "integer",
    doc: "How many classes, named 0, 1 and so on.",
    synonyms: ["n_classes", "num_classes", "centers"],
    default: usual,
    minimum: 2,
    maximum: 100,
  }) as const
const gateOptions = {
  copies: { kind: "integer", doc: "How often each of the four rows occurs.", default: 1, minimum: 1, maximum: 62_500 },
  noise: noise(0),
} as const
const pointOptions = { count, noise: noise(0.1) } as const
const circleOptions = {
  ...pointOptions,
  factor: { kind: "number", doc: "Radius of the inner circle.", default: 0.5, exclusiveMinimum: 0, exclusiveMaximum: 1 },
} as const
const spiralOptions = {
  count,
  noise: noise(0.02),
  classes: classes(2),
  turns: { kind: "number", doc: "Turns of each spiral.", default: 1, exclusiveMinimum: 0, maximum: 10 },
} as const
const blobOptions = { count, noise: noise(1), classes: classes(3) } as const
const sineOptions = {
  ...pointOptions,
  periods: { kind: "number", doc: "Whole waves from −1 to 1.", default: 1, exclusiveMinimum: 0, maximum: 100 },
} as const
const lineOptions = {
  ...pointOptions,
  slope: { kind: "number", doc: "Slope of the line.", synonyms: ["coef"], default: 2 },
  intercept: { kind: "number", doc: "Height of the line at 0.", synonyms: ["bias"], default: 1 },
} as const

/** The numbers of a shape, drawn from the standard normal distribution. */
const normal = (key: Key.Key, n: number): ArrayLike<number> => read(Key.normal(key, [n])).data

const uniform = (key: Key.Key, n: number): ArrayLike<number> => read(Key.uniform(key, [n])).data

type Point = readonly [x: number, y: number]

/** Points of the plane and their classes, each point moved by normal noise. */
const points = (
  key: Key.Key,
  placed: ReadonlyArray<readonly [Point, number]>,
  noise: number,
  classes: ReadonlyArray<string>,
): Dataset => {
  const moved = normal(Key.fold(key, "noise"), 2 * placed.length)
  const inputs = Float32Array.from({ length: 2 * placed.length }, (_, i) => {
    const [point] = placed[i >> 1] ?? [[0, 0]]
    return (point[i & 1] ?? 0) + noise * (moved[i] ?? 0)
  })
  return {
    inputs: NDArray.make("f32", [placed.length, 2], inputs),
    targets: NDArray.make(
      "i32",
      [placed.length],
      Int32Array.from(placed, ([, label]) => label),
    ),
    classes,
    columns: ["x", "y"],
  }
}

/** `count` points, divided as evenly as possible among the classes; `t` runs from 0 to 1 along each class. */
const alongClasses = <A>(count: number, classes: number, at: (label: number, t: number, index: number) => A) => {
  const placed: Array<readonly [A, number]> = []
  for (let label = 0; label < classes; label++) {
    const size = Math.floor((count + classes - 1 - label) / classes)
    for (let i = 0; i < size; i++) placed.push([at(label, size > 1 ? i / (size - 1) : 0, placed.length), label])
  }
  return placed
}

/** The sine or cosine of each angle, in floats that are the same on every host; those of JavaScript may differ. */
const wave = (of: typeof sin, angles: Float32Array): ArrayLike<number> =>
  read(of(NDArray.make("f32", [angles.length], angles))).data

/** A point on a circle, in polar coordinates around `middle`. */
interface Spot {
  readonly radius: number
  readonly angle: number
  readonly middle?: Point
}

const onCircles = (spots: ReadonlyArray<readonly [Spot, number]>): ReadonlyArray<readonly [Point, number]> => {
  const angles = Float32Array.from(spots, ([{ angle }]) => angle)
  const [xs, ys] = [wave(cos, angles), wave(sin, angles)]
  return spots.map(([{ middle: [x, y] = [0, 0], radius }, label], i) => [
    [x + radius * (xs[i] ?? 0), y + radius * (ys[i] ?? 0)],
    label,
  ])
}

const numbered = (classes: number): ReadonlyArray<string> => Array.from({ length: classes }, (_, i) => String(i))

const corners: ReadonlyArray<Point> = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
]

export interface GateOptions {
  /** How often each of the four rows occurs. */
  readonly copies?: number
  /** Standard deviation of the noise on the inputs. */
  readonly noise?: number
}

const gate =
  (operation: string, truth: (a: boolean, b: boolean) => boolean) =>
  (key: Key.Key, options: GateOptions = {}): Dataset => {
    const { copies, noise } = filled(operation, gateOptions, options)
    const rows = corners.map((point) => [point, truth(point[0] === 1, point[1] === 1) ? 1 : 0] as const)
    return points(key, Array.from({ length: copies }, () => rows).flat(), noise, ["false", "true"])
  }

/** Whether just one of two inputs is 1: no straight line separates the classes. */
export const xor = gate("xor", (a, b) => a !== b)

/** Whether both inputs are 1. */
export const and = gate("and", (a, b) => a && b)

/** Whether one input or both are 1. */
export const or = gate("or", (a, b) => a || b)

/** Whether not both inputs are 1. */
export const nand = gate("nand", (a, b) => !(a && b))

export interface PointOptions {
  /** Rows in all. */
  readonly count?: number
  /** Standard deviation of the noise on the inputs. */
  readonly noise?: number
}

/** Two half circles that reach into each other. */
export const moons = (key: Key.Key, options: PointOptions = {}): Dataset => {
  const { count, noise } = filled("moons", pointOptions, options)
  const at = (label: number, t: number): Spot => {
    const angle = Math.PI * t
    return label === 0 ? { radius: 1, angle } : { radius: -1, angle, middle: [1, 0.5] }
  }
  return points(key, onCircles(alongClasses(count, 2, at)), noise, numbered(2))
}

/** A circle inside another; `factor` is the inner radius, the outer one is 1. */
export const circles = (key: Key.Key, options: PointOptions & { readonly factor?: number } = {}): Dataset => {
  const { count, factor, noise } = filled("circles", circleOptions, options)
  const sizes = [Math.ceil(count / 2), Math.floor(count / 2)]
  const at = (label: number, _: number, index: number): Spot => ({
    radius: label === 0 ? 1 : factor,
    angle: (2 * Math.PI * index) / (sizes[label] ?? 1),
  })
  return points(key, onCircles(alongClasses(count, 2, at)), noise, numbered(2))
}

/** Spirals that start at the middle, one for each class, with `turns` turns to radius 1. */
export const spirals = (
  key: Key.Key,
  options: PointOptions & { readonly classes?: number; readonly turns?: number } = {},
): Dataset => {
  const { classes, count, noise, turns } = filled("spirals", spiralOptions, options)
  const at = (label: number, t: number): Spot => ({ radius: t, angle: 2 * Math.PI * (turns * t + label / classes) })
  return points(key, onCircles(alongClasses(count, classes, at)), noise, numbered(classes))
}

/** Round clouds of points, one for each class, around centres drawn evenly from a square of side 10 around the origin. */
export const blobs = (key: Key.Key, options: PointOptions & { readonly classes?: number } = {}): Dataset => {
  const { classes, count, noise } = filled("blobs", blobOptions, options)
  const centres = uniform(Key.fold(key, "centres"), 2 * classes)
  const at = (label: number): Point => [10 * (centres[2 * label] ?? 0) - 5, 10 * (centres[2 * label + 1] ?? 0) - 5]
  return points(key, alongClasses(count, classes, at), noise, numbered(classes))
}

/** Inputs from -1 to 1 and the values of a function, with normal noise on the targets. */
const curve = (key: Key.Key, count: number, noise: number, f: (xs: Float32Array) => ArrayLike<number>): Dataset => {
  const xs = Float32Array.from(uniform(Key.fold(key, "inputs"), count), (u) => 2 * u - 1)
  const moved = normal(Key.fold(key, "noise"), count)
  const ys = f(xs)
  return {
    inputs: NDArray.make("f32", [count, 1], xs),
    targets: NDArray.make(
      "f32",
      [count, 1],
      xs.map((_, i) => (ys[i] ?? 0) + noise * (moved[i] ?? 0)),
    ),
    columns: ["x"],
  }
}

/** y = sin(πx · periods) for x from -1 to 1: a curve to fit. */
export const sine = (key: Key.Key, options: PointOptions & { readonly periods?: number } = {}): Dataset => {
  const { count, noise, periods } = filled("sine", sineOptions, options)
  return curve(key, count, noise, (xs) =>
    wave(
      sin,
      xs.map((x) => Math.PI * x * periods),
    ),
  )
}

/** y = slope · x + intercept for x from -1 to 1: a line to fit. */
export const linear = (
  key: Key.Key,
  options: PointOptions & { readonly slope?: number; readonly intercept?: number } = {},
): Dataset => {
  const { count, intercept, noise, slope } = filled("linear", lineOptions, options)
  return curve(key, count, noise, (xs) => Array.from(xs, (x) => slope * x + intercept))
}

/** A toy of the catalogue: from a key to its rows. */
export type Toy = (key: Key.Key) => Dataset

const toy = <const O extends Options>(
  entryOf: Omit<Entry<O, Toy>, "make">,
  rows: (key: Key.Key, options: Parameters<Entry<O, Toy>["make"]>[0]) => Dataset,
): Entry<O, Toy> => entry({ ...entryOf, make: (options) => (key) => rows(key, options) })

/** The toys that a model file can name as its data. */
export const entries = {
  xor: toy(
    {
      doc: "Whether just one of two inputs is 1.",
      formula: "y = a ⊕ b",
      source: "Minsky and Papert, Perceptrons, 1969",
      advice: "No straight line separates the classes, so one layer cannot learn it and two can.",
      options: gateOptions,
    },
    xor,
  ),
  and: toy(
    {
      doc: "Whether both of two inputs are 1.",
      formula: "y = a ∧ b",
      source: "McCulloch and Pitts, 1943",
      advice: "A straight line separates the classes: a perceptron learns it.",
      options: gateOptions,
    },
    and,
  ),
  or: toy(
    {
      doc: "Whether one of two inputs or both are 1.",
      formula: "y = a ∨ b",
      source: "McCulloch and Pitts, 1943",
      advice: "A straight line separates the classes: a perceptron learns it.",
      options: gateOptions,
    },
    or,
  ),
  nand: toy(
    {
      doc: "Whether not both of two inputs are 1.",
      formula: "y = ¬(a ∧ b)",
      source: "McCulloch and Pitts, 1943",
      advice: "A straight line separates the classes; every other gate can be built from it.",
      options: gateOptions,
    },
    nand,
  ),
  moons: toy(
    {
      doc: "Two half circles that reach into each other.",
      formula: "(cos πt, sin πt) and (1 − cos πt, ½ − sin πt)",
      source: "Pedregosa et al., Scikit-learn: machine learning in Python, 2011: make_moons",
      advice: "Two classes with a curved border between them: a small hidden layer is enough.",
      synonyms: ["make_moons", "two_moons"],
      options: pointOptions,
    },
    moons,
  ),
  circles: toy(
    {
      doc: "A circle inside another.",
      formula: "r(cos 2πt, sin 2πt), r = 1 and factor",
      source: "Pedregosa et al., Scikit-learn: machine learning in Python, 2011: make_circles",
      advice: "The border is closed, so a hidden layer of at least three units is needed.",
      synonyms: ["make_circles"],
      options: circleOptions,
    },
    circles,
  ),
  spirals: toy(
    {
      doc: "Spirals wound around each other, one for each class.",
      formula: "t(cos 2π(turns·t + c/classes), sin 2π(turns·t + c/classes))",
      source: "Lang and Witbrock, 1988",
      advice: "The hardest of the toys: use two hidden layers and many epochs, and more for more turns.",
      synonyms: ["spiral", "make_spirals"],
      options: spiralOptions,
    },
    spirals,
  ),
  blobs: toy(
    {
      doc: "Round clouds of points, one for each class.",
      formula: "centre + noise · N(0, 1), the centre drawn from [−5, 5]²",
      source: "Pedregosa et al., Scikit-learn: machine learning in Python, 2011: make_blobs",
      advice: "Softmax regression does well where the clouds do not overlap.",
      synonyms: ["make_blobs"],
      options: blobOptions,
    },
    blobs,
  ),
  sine: toy(
    {
      doc: "A wave to fit.",
      formula: "y = sin(πx · periods) + noise, x from −1 to 1",
      source: "Bishop, Pattern recognition and machine learning, 2006, section 1.1",
      advice: "A hidden layer of tanh or relu units and an identity output fit it.",
      synonyms: ["sin", "sinus"],
      options: sineOptions,
    },
    sine,
  ),
  linear: toy(
    {
      doc: "A line to fit.",
      formula: "y = slope · x + intercept + noise, x from −1 to 1",
      source: "Legendre, 1805",
      advice: "One dense unit without activation finds slope and intercept.",
      synonyms: ["make_regression", "line", "regression"],
      options: lineOptions,
    },
    linear,
  ),
} as const
