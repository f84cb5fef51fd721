/** The ways in which the data of a file may be prepared: what its markers under `data` and `model.inputs` may choose together. */

import { grid } from "@adjoint/core/search/Sampler"
import * as Space from "@adjoint/core/search/Space"
import * as Key from "@adjoint/core/tensor/Key"
import { isWithin, type Path } from "../source/Path.ts"
import { completed, type FileSpace } from "./FileSpace.ts"

/** What decides how data are prepared. */
const decisive: ReadonlyArray<Path> = [["data"], ["model", "inputs"]]

/** The dimensions that decide how data are prepared, with those around them. */
const dataSpace = ({ searched, space }: FileSpace): Space.Space => {
  const names = new Set<string>()
  for (const { name, when } of space.toReversed()) {
    const isDecisive = searched.get(name)?.to.some((to) => decisive.some((place) => isWithin(to, place))) === true
    if (isDecisive || names.has(name)) for (const each of [name, when?.dimension]) if (each !== undefined) names.add(each)
  }
  return space.filter(({ name }) => names.has(name))
}

/** The part of a point that decides how data are prepared, as text. Points of one text have the same facts. */
export const variantOf = (file: FileSpace, point: Space.Point): string =>
  JSON.stringify(dataSpace(file).map(({ name }) => Space.numberOf(point, name) ?? null))

/** A point for each way in which data may be prepared, if there are several; `undefined` if there are more than `most`. */
export const variants = (file: FileSpace, most: number): ReadonlyArray<Space.Point> | undefined => {
  const space = dataSpace(file)
  if (space.length === 0) return []
  if (Space.size(space) > most) return undefined
  const all = grid()
  const points: Array<Space.Point> = []
  let state = all.init(space, Key.make(0))
  for (let asked = all.ask(state, []); asked !== undefined; asked = all.ask(state, [])) {
    points.push(completed(file, asked.point))
    state = asked.state
  }
  return points
}
