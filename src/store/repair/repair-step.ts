// What a repair does, told step by step: the same words before it is done and after.

import type { ServedVersion } from '../catalog/served-versions.js'

/** One thing that is done, or would be. */
export interface RepairStep {
  /** 'loss': somebody's bytes are not there any more. 'change': rows are put right. 'file': a file is moved. */
  readonly kind: 'loss' | 'change' | 'file'
  /** A sentence. */
  readonly what: string
  /** The object that is lost, where one is. */
  readonly object?: ServedVersion
}

/** Is told each step. */
export type Tell = (step: RepairStep) => void

/** Steps told of one kind of change; there may be a million, and all of them are done. Losses are told one by one. */
export const changesToldMax = 100

/** One kind of contradiction, and what is done about it. */
export interface Fix {
  readonly what: string
  /** Answers `about`, a row for each case. */
  readonly cases: string
  readonly sql: string
  readonly isLoss?: true
}
