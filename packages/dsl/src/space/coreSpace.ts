/** The flat space of core, until its package has it. */
export type Point = Readonly<Record<string, number>>
export type Dimension =
  | { readonly _tag: "Choice"; readonly size: number }
  | {
      readonly _tag: "Int" | "Float"
      readonly low: number
      readonly high: number
      readonly log?: boolean
      readonly step?: number
    }
export interface Condition {
  readonly dimension: string
  readonly choice: number
}
export type Named = Dimension & { readonly name: string; readonly when?: Condition }
export type Space = ReadonlyArray<Named>
