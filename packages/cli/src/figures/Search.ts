/** Pictures of a search: how it improved, and how its values depend on the point. */
import type { Objective, Trial } from "@adjoint/core/search/Trial"
import { type Axis, domainOf, type Figure, type Mark, type Panel, type Point } from "../plot/Figure.ts"
import * as Format from "../terminal/Format.ts"
import { importanceBars } from "./Importance.ts"

/** A dimension of the space, as pictures show it. */
export interface Shown {
  readonly name: string
  /** A short name that no other dimension has. */
  readonly title: string
  /** The names of the alternatives of a choice. */
  readonly names?: ReadonlyArray<string>
  readonly log?: true
}

/** What the pictures are drawn from. */
export interface Material {
  readonly trials: ReadonlyArray<Trial>
  readonly objectives: ReadonlyArray<Objective>
  readonly dimensions: ReadonlyArray<Shown>
  /** How much of the differences of the first value each dimension explains, by its name. */
  readonly importance: ReadonlyMap<string, number>
}

/** A trial with its value of the first objective. */
interface Scored {
  readonly trial: Trial
  readonly value: number
}

const scored = ({ trials }: Material): ReadonlyArray<Scored> =>
  trials.flatMap((trial) => {
    const value = trial.values?.[0]
    return trial.state === "complete" && value !== undefined ? [{ trial, value }] : []
  })

const nameOf = ({ objectives }: Material): string => objectives[0]?.name ?? "value"

const isBetter = ({ objectives }: Material, a: number, b: number): boolean => (objectives[0]?.mode === "max" ? a > b : a < b)

/** Fewer values are shown whatever they are. */
const fewest = 8

/**
 * Values with an axis that outliers do not squash: those further from the upper quartile of the worse side than three times the
 * distance between the quartiles lie on the edge.
 */
const inView = (material: Material, values: ReadonlyArray<number>) => {
  const [first] = material.objectives
  const sign = first?.mode === "max" ? -1 : 1
  const sorted = values.map((value) => sign * value).toSorted((a, b) => a - b)
  const quantile = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0
  const spread = quantile(0.75) - quantile(0.25)
  const limit = values.length < fewest || spread === 0 ? Number.POSITIVE_INFINITY : quantile(0.75) + 3 * spread
  const isInside = (value: number): boolean => sign * value <= limit
  const domain = domainOf(values.filter(isInside))
  return { domain, isInside, shown: (value: number): number => Math.min(domain[1], Math.max(domain[0], value)) }
}

/** The value of each trial, and the best so far. */
const history = (material: Material): Figure | undefined => {
  const all = scored(material)
  if (all.length === 0) return undefined
  const sofar: Array<Point> = []
  let best: number | undefined
  for (const { trial, value } of all) {
    if (best === undefined || isBetter(material, value, best)) best = value
    // A staircase: the best so far holds until a better trial.
    const before = sofar.at(-1)
    if (before !== undefined && before[1] !== best) sofar.push([trial.number, before[1]])
    sofar.push([trial.number, best])
  }
  const name = nameOf(material)
  const last = material.trials.reduce((most, { number }) => Math.max(most, number), 1)
  const { domain, isInside, shown } = inView(
    material,
    all.map(({ value }) => value),
  )
  const outside = all.filter(({ value }) => !isInside(value))
  return {
    kind: "panels",
    title: "History of the search",
    description: `${name} of ${all.length} complete trials in their order, and the best so far, ${Format.score(name, best ?? 0)} at the end.`,
    columns: 1,
    panels: [
      {
        x: { label: "trial", domain: [0, last] },
        y: { label: name, domain },
        marks: [
          {
            kind: "dots",
            points: all.flatMap(({ trial, value }) => (isInside(value) ? [[trial.number, value] as const] : [])),
            tone: "soft",
            label: "a trial",
          },
          ...(outside.length === 0
            ? []
            : [
                {
                  kind: "dots",
                  points: outside.map(({ trial, value }) => [trial.number, shown(value)] as const),
                  tone: 1,
                  label: `beyond the axis: ${outside.length}`,
                } as const,
              ]),
          { kind: "line", points: sofar.map(([x, y]) => [x, shown(y)] as const), tone: 0, label: "the best so far" },
        ],
      },
    ],
  }
}

/** The axis of a dimension over the points that were tried. */
const axisOf = ({ log, names, title }: Shown, values: ReadonlyArray<number>, room = 0.05): Axis => {
  if (names !== undefined) return { label: title, domain: [0, names.length], names }
  if (log !== true) return { label: title, domain: domainOf(values, room) }
  const [low, high] = domainOf(values.map(Math.log), room)
  return { label: title, domain: [Math.exp(low), Math.exp(high)], log }
}

/** The place of a value on its axis: that of a name is in the middle of it. */
const placeOf = ({ names }: Shown, value: number): number => (names === undefined ? value : value + 0.5)

/** The dimensions by their importance, the most important first. */
const byImportance = ({ dimensions, importance }: Material): ReadonlyArray<Shown> =>
  dimensions.toSorted((a, b) => (importance.get(b.name) ?? 0) - (importance.get(a.name) ?? 0))

/** Dimensions that are drawn at most. */
const most = 12

/** The value over each dimension on its own. */
const slices = (material: Material): Figure | undefined => {
  const all = scored(material)
  const { domain, shown } = inView(
    material,
    all.map(({ value }) => value),
  )
  const panels = byImportance(material)
    .slice(0, most)
    .flatMap((dimension): ReadonlyArray<Panel> => {
      const points = all.flatMap(({ trial, value }) => {
        const x = trial.point[dimension.name]
        return x === undefined ? [] : [[placeOf(dimension, x), shown(value)] as const]
      })
      if (points.length === 0) return []
      return [
        {
          x: axisOf(
            dimension,
            points.map(([x]) => x),
          ),
          y: { label: nameOf(material), domain },
          marks: [{ kind: "dots", points, tone: 0 }],
        },
      ]
    })
  if (panels.length === 0) return undefined
  return {
    kind: "panels",
    title: "Slices",
    description: `${nameOf(material)} of the complete trials over each dimension, the most important first.`,
    columns: Math.min(3, panels.length),
    panels,
  }
}

/** How important each dimension is. */
const importance = (material: Material): Figure | undefined => {
  if (material.importance.size === 0) return undefined
  const shown = byImportance(material).slice(0, most)
  return {
    kind: "panels",
    title: "Importance of the dimensions",
    description: `The share of the differences of ${nameOf(material)} that each dimension explains. The most important is ${shown[0]?.title ?? "none"}.`,
    columns: 1,
    panels: [
      importanceBars(
        `share of the variance of ${nameOf(material)}`,
        shown.map(({ name, title }) => ({ name: title, length: material.importance.get(name) ?? 0 })),
      ),
    ],
  }
}

/** A number from 0 to 1 along an axis. */
const shareAlong = ({ domain: [low, high], log }: Axis, value: number): number =>
  log === true ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low)

/** The trials that are drawn in colour: this share of the best ones. */
const bestShare = 0.1

const isDrawn = (point: Point | undefined): boolean => point !== undefined && !Number.isNaN(point[1])

/** An end of an axis in words. */
const endOf = (value: number): string => (Number.isInteger(value) ? Format.count(value) : Format.decimal(value))

/**
 * Each trial as a line through its values of all dimensions, the best ones in colour. A value between two dimensions that the trial
 * does not have is a dot.
 */
const parallel = (material: Material): Figure | undefined => {
  const all = scored(material).toSorted((a, b) => (isBetter(material, a.value, b.value) ? 1 : -1))
  const dimensions = byImportance(material).slice(0, most)
  if (all.length === 0 || dimensions.length < 2) return undefined
  const name = nameOf(material)
  const axes = dimensions.map((dimension) =>
    axisOf(
      dimension,
      all.flatMap(({ trial }) => trial.point[dimension.name] ?? []),
      0,
    ),
  )
  const ofValue: Axis = {
    label: name,
    domain: domainOf(
      all.map(({ value }) => value),
      0,
    ),
  }
  const lineOf = ({ trial, value }: Scored): ReadonlyArray<Point> => [
    ...dimensions.map((dimension, i): Point => {
      const x = trial.point[dimension.name]
      const axis = axes[i]
      return [i + 0.5, x === undefined || axis === undefined ? Number.NaN : shareAlong(axis, placeOf(dimension, x))]
    }),
    [dimensions.length + 0.5, shareAlong(ofValue, value)],
  ]
  const good = Math.max(1, Math.round(bestShare * all.length))
  const marks = all.flatMap((trial, i): ReadonlyArray<Mark> => {
    const points = lineOf(trial)
    const tone = i >= all.length - good ? 0 : "soft"
    const line: Mark = {
      kind: "line",
      points,
      tone,
      ...(i === all.length - 1 ? { label: `the best ${good}` } : i === 0 && all.length > good ? { label: "other trials" } : {}),
    }
    const alone = points.filter((_, k) => !isDrawn(points[k - 1]) && isDrawn(points[k]) && !isDrawn(points[k + 1]))
    return alone.length === 0 ? [line] : [line, { kind: "dots", points: alone, tone, radius: 2 }]
  })
  const ends = [...axes, ofValue].flatMap(({ domain: [low, high], names }, i): ReadonlyArray<Mark> => {
    const [below, above] = names === undefined ? [endOf(low), endOf(high)] : [names[0] ?? "", names.at(-1) ?? ""]
    return [
      { kind: "text", at: [i + 0.5, -0.08], text: below },
      { kind: "text", at: [i + 0.5, 1.05], text: above },
    ]
  })
  return {
    kind: "panels",
    title: "Parallel coordinates",
    description: `Each of ${all.length} complete trials as a line through its values; the best ${good} by ${name} in colour.`,
    columns: 1,
    panels: [
      {
        x: { domain: [0, dimensions.length + 1], names: [...dimensions.map(({ title }) => title), name] },
        y: { domain: [-0.12, 1.12], print: () => "" },
        marks: [...marks, ...ends],
      },
    ],
  }
}

/** Cells along each side of the map, and shades of it. */
const [cells, shades] = [24, 10]

/**
 * The value over the two most important dimensions of numbers: the mean of the trials, weighted by the inverse of their squared
 * distance (Shepard, 1968).
 */
const contour = (material: Material): Figure | undefined => {
  const all = scored(material)
  const [a, b] = byImportance(material).filter(({ names }) => names === undefined)
  if (a === undefined || b === undefined) return undefined
  const points = all.flatMap(({ trial: { point }, value }) => {
    const [x, y] = [point[a.name], point[b.name]]
    return x === undefined || y === undefined ? [] : [{ x, y, value }]
  })
  if (points.length < 4) return undefined
  const [across, up] = [
    axisOf(
      a,
      points.map(({ x }) => x),
    ),
    axisOf(
      b,
      points.map(({ y }) => y),
    ),
  ]
  const places = points.map(({ value, x, y }) => ({ value, x: shareAlong(across, x), y: shareAlong(up, y) }))
  const valueAt = (x: number, y: number): number => {
    let [sum, weights] = [0, 0]
    for (const place of places) {
      const weight = 1 / ((place.x - x) ** 2 + (place.y - y) ** 2 + 1e-4)
      sum += weight * place.value
      weights += weight
    }
    return sum / weights
  }
  const along = ({ domain: [low, high], log }: Axis, share: number): number =>
    log === true ? low * (high / low) ** share : low + (high - low) * share
  const grid = Array.from({ length: cells * cells }, (_, k) => {
    const [i, j] = [k % cells, Math.floor(k / cells)]
    return { i, j, value: valueAt((i + 0.5) / cells, (j + 0.5) / cells) }
  })
  const [low, high] = domainOf(
    grid.map(({ value }) => value),
    0,
  )
  const shadeOf = (value: number): number => {
    const share = (value - low) / (high - low)
    return Math.min(shades - 1, Math.floor(shades * (material.objectives[0]?.mode === "max" ? share : 1 - share)))
  }
  const map = Array.from(
    { length: shades },
    (_, shade): Mark => ({
      kind: "bars",
      tone: 0,
      opacity: (0.75 * (shade + 0.5)) / shades,
      bars: grid
        .filter(({ value }) => shadeOf(value) === shade)
        .map(
          ({ i, j }) =>
            [
              [along(across, i / cells), along(up, j / cells)],
              [along(across, (i + 1) / cells), along(up, (j + 1) / cells)],
            ] as const,
        ),
    }),
  )
  return {
    kind: "panels",
    title: "Contour",
    description: `${nameOf(material)} over ${a.title} and ${b.title}, interpolated between ${points.length} trials, which are the dots: the darker, the better.`,
    columns: 1,
    panels: [
      {
        x: across,
        y: up,
        isSquare: true,
        marks: [...map, { kind: "dots", points: points.map(({ x, y }) => [x, y] as const), tone: 1 }],
      },
    ],
  }
}

/** The values of two objectives, and the trials that no other trial beats in both. */
const pareto = ({ objectives, trials }: Material, front: ReadonlySet<number>): Figure | undefined => {
  const [first, second] = objectives
  if (first === undefined || second === undefined) return undefined
  const points = trials.flatMap(({ number, values }) => {
    const [x, y] = values ?? []
    return x === undefined || y === undefined ? [] : [{ number, place: [x, y] as const }]
  })
  if (points.length === 0) return undefined
  const best = points.filter(({ number }) => front.has(number)).map(({ place }) => place)
  return {
    kind: "panels",
    title: "Pareto front",
    description: `${second.name} over ${first.name} of ${points.length} complete trials; no trial is better in both than one of the ${best.length} on the front.`,
    columns: 1,
    panels: [
      {
        x: { label: first.name, domain: domainOf(points.map(({ place: [x] }) => x)) },
        y: { label: second.name, domain: domainOf(points.map(({ place: [, y] }) => y)) },
        marks: [
          { kind: "dots", points: points.map(({ place }) => place), tone: "soft", label: "a trial" },
          { kind: "line", points: best.toSorted(([x], [y]) => x - y), tone: 0 },
          { kind: "dots", points: best, tone: 0, label: "the front" },
        ],
      },
    ],
  }
}

/** All pictures of a search by the names of their files; `front` are the numbers of the trials on the Pareto front. */
export function* pictures(
  material: Material,
  front: ReadonlySet<number>,
): Generator<{ readonly name: string; readonly figure: Figure }> {
  const makers = { history, importance, slices, parallel, contour, pareto: (of: Material) => pareto(of, front) }
  for (const [name, make] of Object.entries(makers)) {
    const figure = make(material)
    if (figure !== undefined) yield { name, figure }
  }
}
