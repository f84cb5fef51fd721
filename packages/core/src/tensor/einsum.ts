/** Einstein sums and the products that are special cases of them. */
import type { Tensor } from "../language/Expr.ts"
import * as Shape from "../types/Shape.ts"
import { named, refuse } from "../types/ShapeError.ts"
import { full, iota } from "./create.ts"
import { broadcastTo, equal, mul, where } from "./elementwise.ts"
import { matmul } from "./product.ts"
import { sum } from "./reduce.ts"
import { reshape, transpose } from "./structure.ts"

/** An operand, and the label of each of its axes; all labels of an operand differ. */
interface Labelled {
  readonly x: Tensor
  readonly labels: ReadonlyArray<string>
}

type Sizes = ReadonlyMap<string, number>

/** The axes in the order of `labels`, with axes of size 1 for those that it lacks. */
const aligned = ({ x, labels: own }: Labelled, labels: ReadonlyArray<string>): Tensor => {
  const present = labels.filter((label) => own.includes(label))
  const order = present.map((label) => own.indexOf(label))
  const moved = order.every((axis, i) => axis === i) ? x : transpose(x, order)
  return reshape(
    moved,
    labels.map((label) => (own.includes(label) ? (x.shape[own.indexOf(label)] ?? 1) : 1)),
  )
}

const sizeOf = (labels: ReadonlyArray<string>, sizes: Sizes): number => Shape.size(labels.map((label) => sizes.get(label) ?? 1))

/** Without the axes that neither another operand nor the result needs, which are summed. */
const summed = ({ labels, x }: Labelled, needed: ReadonlySet<string>): Labelled => {
  const gone = labels.flatMap((label, i) => (needed.has(label) ? [] : [i]))
  return gone.length === 0 ? { x, labels } : { x: sum(x, { axes: gone }), labels: labels.filter((label) => needed.has(label)) }
}

/** The product of two operands, summed over what neither `needed` has: a product of matrices for floats. */
const contracted = (a: Labelled, b: Labelled, needed: ReadonlySet<string>, sizes: Sizes): Labelled => {
  const left = summed(a, new Set([...needed, ...b.labels]))
  const right = summed(b, new Set([...needed, ...a.labels]))
  const shared = left.labels.filter((label) => right.labels.includes(label))
  const batch = shared.filter((label) => needed.has(label))
  const inner = shared.filter((label) => !needed.has(label))
  const rows = left.labels.filter((label) => !shared.includes(label))
  const columns = right.labels.filter((label) => !shared.includes(label))
  const labels = [...batch, ...rows, ...columns]
  const shape = labels.map((label) => sizes.get(label) ?? 1)
  if (left.x.dtype !== "f32" || inner.length === 0) {
    const all = [...labels, ...inner]
    const product = mul<Tensor, Tensor>(aligned(left, all), aligned(right, all))
    const axes = inner.map((_, i) => labels.length + i)
    return { x: broadcastTo(axes.length === 0 ? product : sum(product, { axes }), shape), labels }
  }
  const matrix = (of: Labelled, first: ReadonlyArray<string>, second: ReadonlyArray<string>): Tensor =>
    reshape(aligned(of, [...batch, ...first, ...second]), [sizeOf(batch, sizes), sizeOf(first, sizes), sizeOf(second, sizes)])
  const product = matmul<Tensor, Tensor>(matrix(left, rows, inner), matrix(right, inner, columns))
  return { x: reshape(product, shape), labels }
}

/** The operand with the diagonal of axes of one label. */
const withoutRepeats = ({ labels, x }: Labelled): Labelled => {
  const twice = labels.findIndex((label, i) => labels.indexOf(label) !== i)
  if (twice < 0) return { labels, x }
  const first = labels.indexOf(labels[twice] ?? "")
  const isDiagonal = equal(iota(x.shape, first), iota(x.shape, twice))
  const kept = where(isDiagonal, x, full([], 0, x.dtype))
  return withoutRepeats({ x: sum(kept, { axes: twice }), labels: labels.filter((_, i) => i !== twice) })
}

/** The operand without the axes that broadcast: they come back with the result. */
const withoutUnits = ({ labels, x }: Labelled, sizes: Sizes): Labelled => {
  const isKept = (label: string, i: number): boolean => x.shape[i] === sizes.get(label)
  return {
    x: reshape(
      x,
      x.shape.filter((_, i) => isKept(labels[i] ?? "", i)),
    ),
    labels: labels.filter(isKept),
  }
}

/** The two operands to combine next, so that the fewest multiplications are needed: all orders are tried up to five operands, beyond that the cheapest pair comes first. */
const pairToCombine = (
  operands: ReadonlyArray<Labelled>,
  output: ReadonlyArray<string>,
  sizes: Sizes,
): readonly [number, number] => {
  const costOf = (
    labels: ReadonlyArray<ReadonlyArray<string>>,
  ): { readonly cost: number; readonly pair: readonly [number, number] } => {
    let best: { readonly cost: number; readonly pair: readonly [number, number] } = {
      cost: Number.POSITIVE_INFINITY,
      pair: [0, 1],
    }
    for (let i = 0; i < labels.length; i++)
      for (let j = i + 1; j < labels.length; j++) {
        const [a, b] = [labels[i] ?? [], labels[j] ?? []]
        const others = labels.filter((_, k) => k !== i && k !== j)
        const needed = new Set([...output, ...others.flat()])
        const together = [...new Set([...a, ...b])]
        const left = together.filter((label) => needed.has(label))
        const own = sizeOf(together, sizes)
        const rest = others.length < 2 || labels.length > 5 ? 0 : costOf([...others, left]).cost
        const last = others.length === 1 ? sizeOf([...new Set([...left, ...(others[0] ?? [])])], sizes) : 0
        if (own + rest + last < best.cost) best = { cost: own + rest + last, pair: [i, j] }
      }
    return best
  }
  return costOf(operands.map(({ labels }) => labels)).pair
}

const letters = /^[A-Za-z]*$/

/** The labels of a term, an ellipsis as labels that begin with a point, counted from the last of the axes it stands for. */
const labelsOf = (term: string, x: Tensor, refused: (wanted: string) => never): ReadonlyArray<string> => {
  const [before = "", after, ...more] = term.split("...")
  if (more.length > 0 || !letters.test(before) || !letters.test(after ?? ""))
    refused(`letters and at most one "..." for each operand, not "${term}"`)
  const named = before.length + (after?.length ?? 0)
  const open = x.shape.length - named
  if (after === undefined ? open !== 0 : open < 0) refused(`a letter for each axis, not "${term}" for ${x.shape.length} axes`)
  const stretched = Array.from({ length: Math.max(open, 0) }, (_, i) => `.${open - 1 - i}`)
  return [...before, ...stretched, ...(after ?? "")]
}

/**
 * The sum of products that a subscript describes, as NumPy's `einsum`: letters name axes, letters that the result lacks are summed,
 * `...` stands for axes that broadcast. Without `->` the result has the letters that occur once, in alphabetical order. Several
 * operands are combined two at a time, in the order that needs the fewest multiplications (all orders are tried up to five
 * operands, beyond that the cheapest pair comes first). Throws `ShapeError`.
 *
 * ```ts
 * import { Tensor } from "@adjoint/core"
 *
 * const x = Tensor.make([[1, 2], [3, 4]])
 * Tensor.print(Tensor.einsum("ij,kj->ik", x, x)) // => "[[5, 11],\n [11, 25]]"
 * Tensor.print(Tensor.einsum("ii", x)) // => "5"
 * ```
 */
export const einsum = named("einsum", (subscript: string, ...xs: ReadonlyArray<Tensor>): Tensor => {
  const refused = (wanted: string): never => refuse("einsum", xs, wanted, '"ij,jk->ik" is a product of matrices')
  const [inputs = "", result, ...more] = subscript.replaceAll(" ", "").split("->")
  if (more.length > 0) refused(`one "->", not "${subscript}"`)
  const terms = inputs.split(",")
  if (terms.length !== xs.length) refused(`a term for each of ${xs.length} operands, not ${terms.length}`)
  if (xs.some(({ dtype }) => dtype !== xs[0]?.dtype || (dtype !== "f32" && dtype !== "i32")))
    refuse("einsum", xs, "operands that are all f32 or all i32", 'Tensor.cast(x, "f32")')
  const labelled = xs.map((x, i): Labelled => ({ x, labels: labelsOf(terms[i] ?? "", x, refused) }))
  const all = labelled.flatMap(({ labels }) => labels)
  const sizes = new Map<string, number>()
  for (const { labels, x } of labelled)
    labels.forEach((label, i) => {
      const [n, known = 1, first] = [x.shape[i] ?? 1, sizes.get(label), x.shape[labels.indexOf(label)]]
      if (first !== n) refused(`one size for "${label}", not ${first} and ${n}`)
      if (n !== known && n !== 1 && known !== 1) refused(`one size for "${label}", not ${known} and ${n}`)
      sizes.set(label, known === 1 ? n : known)
    })
  const open = [...new Set(all.filter((label) => label.startsWith(".")))].sort((a, b) => Number(b.slice(1)) - Number(a.slice(1)))
  const once = [...new Set(all)].filter((label) => !label.startsWith(".") && all.filter((other) => other === label).length === 1)
  const [before = "", after, ...others] = (result ?? "").split("...")
  if (others.length > 0 || !letters.test(before) || !letters.test(after ?? "")) refused(`letters after "->", not "${result}"`)
  const output =
    result === undefined ? [...open, ...once.sort()] : [...before, ...(after === undefined ? [] : open), ...(after ?? "")]
  const unknown = output.find((label) => !sizes.has(label))
  if (unknown !== undefined) refused(`letters of the operands after "->", not "${unknown}"`)
  if (new Set(output).size !== output.length) refused(`each letter once after "->", not "${result}"`)
  let operands = labelled.map((one) => withoutUnits(withoutRepeats(one), sizes))
  while (operands.length > 1) {
    const [i, j] = pairToCombine(operands, output, sizes)
    const rest = operands.filter((_, k) => k !== i && k !== j)
    const needed = new Set([...output, ...rest.flatMap(({ labels }) => labels)])
    const pair = contracted(operands[i] as Labelled, operands[j] as Labelled, needed, sizes)
    operands = [...rest, pair]
  }
  const last = summed(operands[0] as Labelled, new Set(output))
  return broadcastTo(
    aligned(last, output),
    output.map((label) => sizes.get(label) ?? 1),
  )
})
