/** All pictures of a run, by the names of their files. */
import type { Arrays } from "@adjoint/core/data/PreprocessTree"
import type { Params } from "@adjoint/core/learning/Params"
import type { Findings, HeadFindings } from "../evaluate/Findings.ts"
import type { Figure } from "../plot/Figure.ts"
import { png } from "../plot/Png.ts"
import type { Watched } from "../run/Watched.ts"
import * as Classes from "./Classes.ts"
import { type Best, history } from "./History.ts"
import * as Images from "./Images.ts"
import { importance } from "./Importance.ts"
import { layers } from "./Layers.ts"
import * as Numbers from "./Numbers.ts"

/** What a picture is about: which section of the report has it. */
export type Topic = "training" | "answers" | "inputs" | "layers"

/** A picture with the name of its file, without the ending. */
export interface Drawing {
  readonly name: string
  readonly topic: Topic
  readonly figure: Figure
}

/** What the pictures of a run are drawn from. */
export interface Material {
  readonly watched: Watched
  readonly best: Best | undefined
  /** The answers on the rows that the run is judged on. */
  readonly findings: Findings | undefined
  /** The input that is an image, if one is. */
  readonly image: ReturnType<typeof Images.imageInput>
  /** The samples of the mistakes of each of these findings, where there are images. */
  readonly mistaken: ReadonlyMap<HeadFindings, Arrays>
  readonly params: Params
  /** The name of the first layer with weights. */
  readonly firstLayer: string | undefined
  /** The rows of each series in the order of time, where they have one. */
  readonly series: ReadonlyMap<string, ReadonlyArray<number>> | undefined
}

/** What is added to the names of the files of one of several heads: its name, where that is a safe one, or its number. */
const suffixOf = (all: ReadonlyArray<HeadFindings>, i: number): string => {
  if (all.length < 2) return ""
  const found = all[i]
  const name = found?.head ?? (found?.kind === "numbers" ? found.column : "")
  const isSafe = /^[A-Za-z0-9_-]{1,40}$/.test(name) && all.filter(({ head }) => head === found?.head).length === 1
  return `-${isSafe ? name : i + 1}`
}

const drawing = (name: string, topic: Topic, figure: Figure | undefined): ReadonlyArray<Drawing> =>
  figure === undefined ? [] : [{ name, topic, figure }]

const worst = (
  name: string,
  found: HeadFindings,
  inputs: Arrays | undefined,
  image: Material["image"],
): ReadonlyArray<Drawing> =>
  found.kind === "numbers" || inputs === undefined ? [] : drawing(name, "answers", Images.worst(found, inputs, image))

const ofHead = (found: HeadFindings, suffix: string, { image, mistaken, series }: Material): ReadonlyArray<Drawing> =>
  found.kind === "numbers"
    ? [
        ...drawing(`predicted${suffix}`, "answers", Numbers.predictedAgainstTrue(found)),
        ...(series === undefined ? [] : drawing(`forecast${suffix}`, "answers", Numbers.forecast(found, series))),
        ...drawing(`residuals${suffix}`, "answers", Numbers.residuals(found)),
      ]
    : [
        ...drawing(`confusion${suffix}`, "answers", Classes.confusion(found)),
        ...drawing(`roc${suffix}`, "answers", Classes.roc(found)),
        ...drawing(`pr${suffix}`, "answers", Classes.precisionRecall(found)),
        ...drawing(`calibration${suffix}`, "answers", Classes.calibration(found)),
        ...worst(`worst${suffix}`, found, mistaken.get(found), image),
      ]

const filtersOf = ({ firstLayer, image, params }: Material): Figure | undefined => {
  const found = firstLayer === undefined ? undefined : Images.firstLayer(params, firstLayer, image)
  if (found === undefined) return undefined
  const { count, picture } = found
  return {
    kind: "tiles",
    title: `Filters of ${firstLayer}`,
    description: `${count} filters of the first layer with weights: each from black for its most negative weight to white for its most positive.`,
    tiles: [{ png: png(picture), width: picture.width, height: picture.height, caption: [] }],
    columns: 1,
  }
}

/** The pictures that a run has, in the order in which a reader wants them. */
export const drawings = (material: Material): ReadonlyArray<Drawing> => {
  const { best, findings, watched } = material
  const heads = findings?.heads ?? []
  return [
    ...drawing("curves", "training", history(watched.epochs, best)),
    ...heads.flatMap((found, i) => ofHead(found, suffixOf(heads, i), material)),
    ...(findings?.importances === undefined ? [] : drawing("importance", "inputs", importance(findings.importances))),
    ...drawing("filters-first-layer", "layers", filtersOf(material)),
    ...drawing("layers", "layers", layers(watched.layers)),
  ]
}
