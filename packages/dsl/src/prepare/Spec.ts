/** The preprocessing that a document specifies. */
import type * as PreprocessTree from "@adjoint/core/data/PreprocessTree"
import type { Data, Model } from "../Document.ts"
import { groupsOf } from "../net/Heads.ts"
import { hasSeries, seriesOf } from "./Windows.ts"

/** A document with or without its model. */
export interface Described {
  readonly data: Data
  readonly model?: Model | undefined
}

/** The preprocessing that a document specifies. */
export const specOf = ({ data, model }: Described): PreprocessTree.TreeSpec => {
  const { arrays, columns, image, pca, scale, target } = data
  return {
    ...groupsOf(model),
    ...(hasSeries(data) ? { series: seriesOf(data) } : {}),
    ...(arrays === undefined ? {} : { arrays }),
    ...(columns === undefined ? {} : { columns }),
    ...(image === undefined ? {} : { image }),
    ...(scale === undefined ? {} : { scale }),
    ...(pca === undefined ? {} : { pca }),
    ...(target === undefined ? {} : { target }),
  }
}
