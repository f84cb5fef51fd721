/** What a document predicts, as facts: the target of a fitted record, and the training rows of each class. */
import type { FittedHead, FittedTree } from "@adjoint/core/data/Fitted"
import * as PreprocessTree from "@adjoint/core/data/PreprocessTree"
import type { NDArray } from "@adjoint/core/types/NDArray"
import type { Facts, HeadTarget, Target } from "./Facts.ts"
import type { Known } from "./Prepared.ts"

/** The target of a fitted record. */
export const targetOf = ({ target }: Pick<FittedTree, "target">): Target | undefined =>
  target === null
    ? undefined
    : target.type === "heads"
      ? { type: "heads", heads: Object.entries(target.heads).map(([name, own]) => ({ name, target: ofHead(own) })) }
      : ofHead(target)

const ofHead = (target: FittedHead): HeadTarget => {
  const names = PreprocessTree.namesOf(target)
  if (target.type === "labels") {
    const set = target.set === undefined ? {} : { set: target.set.name }
    return { type: "labels", names, classes: target.columns.map(({ categories }) => categories), ...set }
  }
  if (target.type !== "numbers") return target
  const units = PreprocessTree.units(target)
  const columns = [...new Set(PreprocessTree.columnsOf(target))]
  return {
    type: "numbers",
    names,
    ...(columns.length === names.length ? {} : { columns }),
    ...(PreprocessTree.isMeasured(target) ? {} : { units }),
  }
}

/** Training rows of each class. */
const counted = (target: HeadTarget, targets: NDArray): Pick<Facts, "counts"> => {
  if (target.type === "numbers" || target.type === "labels") return {}
  const counts = new Array<number>(target.type === "binary" ? 2 : (target.classes?.length ?? 0)).fill(0)
  for (const label of targets.data) if (label >= 0 && label < counts.length) counts[label] = (counts[label] ?? 0) + 1
  return { counts }
}

/** The target with the training rows of each class. */
export const withCounts = (target: Target, targets: PreprocessTree.Arrays): Pick<Known, "counts" | "target"> => {
  if (target.type !== "heads") return { target, ...counted(target, PreprocessTree.arrayOf(targets, "")) }
  const heads = target.heads.map((head) => ({ ...head, ...counted(head.target, PreprocessTree.arrayOf(targets, head.name)) }))
  return { target: { type: "heads", heads } }
}
