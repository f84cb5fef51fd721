/**
 * A few points of a space in which every value that is worth a check occurs: all of a list, the ends of a range and a number
 * between them. Markers that are independent of each other are tried at once, so there are about as many points as the longest
 * list has values. Each marker begins with another of its values, so that equal lists do not always have equal values.
 */
import * as Space from "@adjoint/core/search/Space"
import { tried } from "../variables/Marker.ts"
import { completed, type FileSpace } from "./FileSpace.ts"

/** The points, without the one of all defaults. */
export const cover = (file: FileSpace): ReadonlyArray<Space.Point> => {
  const { searched, space } = file
  const valuesOf = ({ _tag, name }: Space.Named): ReadonlyArray<Space.Point> => {
    const found = searched.get(name)
    return (found === undefined ? [] : tried(found.values)).flatMap((value) =>
      (_tag === "Choice" ? together(Space.under(space, { dimension: name, choice: value })) : [{}]).map((inner) => ({
        [name]: value,
        ...inner,
      })),
    )
  }
  const together = (dimensions: Space.Space): ReadonlyArray<Space.Point> => {
    const all = dimensions.map(valuesOf)
    const rounds = Math.max(1, ...all.map(({ length }) => length))
    return Array.from({ length: rounds }, (_, round) =>
      Object.assign({}, ...all.map((points, i) => points[(round + i) % points.length] ?? {})),
    )
  }
  const points = new Map(
    together(Space.under(space)).map((partial) => {
      const point = completed(file, partial)
      return [JSON.stringify(point), point] as const
    }),
  )
  points.delete(JSON.stringify(file.standard))
  return [...points.values()]
}
