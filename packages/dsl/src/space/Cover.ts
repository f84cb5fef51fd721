/**
 * A few points of a space in which every value that is worth a check occurs: all of a list, the ends of a range and a number
 * between them. Markers that are independent of each other are tried at once, so there are about as many points as the longest
 * list has values. Each marker begins with another of its values, so that equal lists do not always have equal values.
 */
import { tried } from "../variables/Marker.ts"
import type { Named, Point } from "./coreSpace.ts"
import { completed, type FileSpace } from "./FileSpace.ts"

/** The points, without the one of all defaults. */
export const cover = (file: FileSpace): ReadonlyArray<Point> => {
  const { searched, space } = file
  const within = (dimension: string, choice: number) =>
    space.filter(({ when }) => when?.dimension === dimension && when.choice === choice)
  const valuesOf = ({ _tag, name }: Named): ReadonlyArray<Point> => {
    const found = searched.get(name)
    return (found === undefined ? [] : tried(found.values)).flatMap((value) =>
      (_tag === "Choice" ? together(within(name, value)) : [{}]).map((inner) => ({ [name]: value, ...inner })),
    )
  }
  const together = (dimensions: ReadonlyArray<Named>): ReadonlyArray<Point> => {
    const all = dimensions.map(valuesOf)
    const rounds = Math.max(1, ...all.map(({ length }) => length))
    return Array.from({ length: rounds }, (_, round) =>
      Object.assign({}, ...all.map((points, i) => points[(round + i) % points.length] ?? {})),
    )
  }
  const points = new Map(
    together(space.filter(({ when }) => when === undefined)).map((partial) => {
      const point = completed(file, partial)
      return [JSON.stringify(point), point] as const
    }),
  )
  points.delete(JSON.stringify(file.standard))
  return [...points.values()]
}
