/** The picture of layer statistics over time, where a run recorded them. */

import { domainOf, type Figure, type Mark, type Panel } from "../plot/Figure.ts"
import type { WatchedEpoch } from "../run/Watched.ts"

type Reading = WatchedEpoch["layers"][number]

/** Layers that are drawn at most, spread evenly from the input to the output. */
const most = 8

const panelOf = (
  title: string,
  epochs: ReadonlyArray<WatchedEpoch>,
  names: ReadonlyArray<string>,
  value: (reading: Reading) => number | undefined,
  isLog: boolean,
): Panel | undefined => {
  const lines = names.map(
    (name, tone): Extract<Mark, { readonly kind: "line" }> => ({
      kind: "line",
      tone,
      label: name,
      points: epochs.flatMap(({ epoch, layers }) => {
        const found = layers.find(({ layer }) => layer === name)
        const y = found === undefined ? undefined : value(found)
        return y === undefined || (isLog && !(y > 0)) ? [] : [[epoch, y] as const]
      }),
    }),
  )
  const drawn = lines.filter(({ points }) => points.length > 0)
  const values = drawn.flatMap(({ points }) => points.map(([, y]) => y))
  if (values.length === 0) return undefined
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const first = epochs[0]?.epoch ?? 0
  return {
    title,
    x: {
      label: "epoch",
      domain: [first, Math.max(first + 1, epochs.at(-1)?.epoch ?? 1)],
      print: (x) => (Number.isInteger(x) ? String(x) : ""),
    },
    y: isLog ? { domain: [low / 1.3, high * 1.3], log: true } : { domain: domainOf(values) },
    height: 180,
    marks: drawn.flatMap(
      (line): ReadonlyArray<Mark> =>
        epochs.length < 3 ? [line, { kind: "dots", points: line.points, tone: line.tone, radius: 3 }] : [line],
    ),
  }
}

/** Names spread evenly over a list. */
const spread = (names: ReadonlyArray<string>): ReadonlyArray<string> =>
  names.length <= most
    ? names
    : Array.from({ length: most }, (_, i) => names[Math.round((i * (names.length - 1)) / (most - 1))] ?? "")

/** Outputs, gradients, dead units and updates of layers by epoch; `undefined` for a run that recorded none. */
export const layers = (epochs: ReadonlyArray<WatchedEpoch>): Figure | undefined => {
  const all = epochs.at(-1)?.layers ?? []
  const [names, weighted] = [
    spread(all.map(({ layer }) => layer)),
    spread(all.flatMap(({ layer, weights }) => (weights === undefined ? [] : [layer]))),
  ]
  const panels = [
    panelOf("deviation of outputs", epochs, names, ({ output }) => output.deviation, true),
    panelOf("gradient of the weights", epochs, weighted, ({ weights }) => weights?.gradient, true),
    panelOf("update / weight", epochs, weighted, ({ weights }) => weights?.ratio, true),
    panelOf("share of dead units", epochs, names, ({ dead, units }) => (units === 0 ? undefined : dead / units), false),
  ].flatMap((panel) => (panel === undefined ? [] : [panel]))
  if (panels.length === 0) return undefined
  return {
    kind: "panels",
    title: "Layers by epoch",
    description: `Of ${names.length} layers after each recorded epoch: the deviation of the outputs, the norm of the weights' gradients, the ratio of updates to weights and the share of units that are 0 for every row.`,
    panels,
    columns: 2,
  }
}
