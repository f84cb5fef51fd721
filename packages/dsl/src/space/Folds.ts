/** The document of a trial that is scored by cross-validation. */
import type { ModelFile } from "../Document.ts"

/**
 * The document whose rows, without the test rows, are divided into folds: each fold has the validation rows once, and the others
 * train. A document with such folds, or without data, stays as it is.
 */
export const folded = (document: ModelFile, folds: number): ModelFile => {
  const { data } = document
  if (data === undefined || data.split.folds !== undefined) return document
  const { train: _, val: __, ...split } = data.split
  return { ...document, data: { ...data, split: { ...split, folds } } }
}
