/**
 * The derivative of a loop is a loop in the opposite direction. A second forward loop records the carry at the start of each
 * round. The backward loop recomputes the intermediate values of a round from it, so memory grows with the carry, not with the
 * intermediate values.
 */
import { type Tensor, write } from "../language/Expr.ts"
import { inline, specOf, trace } from "../language/Program.ts"
import * as T from "../tensor/Tensor.ts"
import * as Shape from "../types/Shape.ts"
import type { Spec } from "../types/ShapeError.ts"
import type { Derivative } from "./Derivative.ts"

/** The cotangents of some inputs through `f`, from one for each of its results. */
export type PullThrough = (
  f: (...inputs: ReadonlyArray<Tensor>) => ReadonlyArray<Tensor>,
  inputs: ReadonlyArray<Tensor>,
  cotangents: ReadonlyArray<Tensor>,
) => ReadonlyArray<Tensor | undefined>

/** The flat result of a loop, divided into tensors of the given shapes. */
const unflatten = (flat: Tensor, shapes: ReadonlyArray<Shape.Shape>): ReadonlyArray<Tensor> =>
  T.split(flat, shapes.map(Shape.size)).map((vector, i) => T.reshape(vector, shapes[i] ?? []))

const isFloat = ({ dtype }: Spec): boolean => dtype === "f32"

/** The cotangents of a loop's constants, carries and sequences. */
export const scanDerivative =
  (pullThrough: PullThrough): Derivative<"scan"> =>
  (cotangent, { inputs, params }) => {
    const { body, carries, constants, length, reverse } = params
    const fixed = inputs.slice(0, constants)
    const rows = inputs.slice(constants + carries)
    const carrySpecs = body.inputs.slice(constants, constants + carries)
    const keptShapes = body.outputs.slice(carries).map((value) => specOf(body, value).shape)
    const outShapes = [...carrySpecs.map(({ shape }) => shape), ...keptShapes.map((shape) => [length, ...shape])]
    const given = unflatten(cotangent, outShapes)

    const recording = trace((...xs) => {
      const results = inline(body, xs)
      return [...results.slice(0, carries), ...xs.slice(constants, constants + carries)]
    }, body.inputs)
    const recorded = unflatten(write("scan", { body: recording, constants, carries, length, reverse }, inputs), [
      ...carrySpecs.map(({ shape }) => shape),
      ...carrySpecs.map(({ shape }) => [length, ...shape]),
    ]).slice(carries)

    const fixedFloats = fixed.filter(isFloat)
    const rowSpecs = body.inputs.slice(constants + carries)
    // Carries: the cotangents of the carries, and the accumulated cotangents of constants. Sequences: the recorded carries, the rows, the cotangents of kept rows.
    const backward = trace(
      (...xs) => {
        const left = [...xs]
        const takeNext = (n: number): ReadonlyArray<Tensor> => left.splice(0, n)
        const constant = takeNext(constants)
        const carryCotangents = takeNext(carries)
        const gathered = takeNext(fixedFloats.length)
        const carry = takeNext(carries)
        const row = takeNext(rows.length)
        const keptCotangents = takeNext(keptShapes.length)
        const arguments_ = [...constant, ...carry, ...row]
        const through = pullThrough((...ys) => inline(body, ys), arguments_, [...carryCotangents, ...keptCotangents])
        const back = arguments_.flatMap((x, i) => (isFloat(x) ? [through[i] ?? T.zerosLike(x)] : []))
        const toConstants = back.slice(0, fixedFloats.length)
        return [
          ...back.slice(fixedFloats.length, fixedFloats.length + carries),
          ...toConstants.map((x, i) => T.add(gathered[i] as Tensor, x)),
          ...back.slice(fixedFloats.length + carries),
        ]
      },
      [
        ...body.inputs.slice(0, constants),
        ...carrySpecs,
        ...fixedFloats,
        ...carrySpecs,
        ...rowSpecs,
        ...keptShapes.map((shape): Spec => ({ dtype: "f32", shape })),
      ],
    )
    const floatRows = rows.filter(isFloat)
    const flat = write("scan", { body: backward, constants, carries: carries + fixedFloats.length, length, reverse: !reverse }, [
      ...fixed,
      ...given.slice(0, carries),
      ...fixedFloats.map(T.zerosLike),
      ...recorded,
      ...rows,
      ...given.slice(carries),
    ])
    const found = unflatten(flat, [
      ...carrySpecs.map(({ shape }) => shape),
      ...fixedFloats.map(({ shape }) => shape),
      ...floatRows.map(({ shape }) => shape),
    ])
    const toCarries = found.slice(0, carries)
    const toFixed = [...found.slice(carries, carries + fixedFloats.length)]
    const toRows = [...found.slice(carries + fixedFloats.length)]
    return [
      ...fixed.map((x) => (isFloat(x) ? toFixed.shift() : undefined)),
      ...toCarries,
      ...rows.map((x) => (isFloat(x) ? toRows.shift() : undefined)),
    ]
  }
