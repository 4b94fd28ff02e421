// A new key as it is shown: once, in the form that can be pasted.

/** Lines for a shell. */
export const keyText = (accessKeyId: string, secretAccessKey: string): string =>
  `
  AWS_ACCESS_KEY_ID=${accessKeyId}
  AWS_SECRET_ACCESS_KEY=${secretAccessKey}

The secret is shown only this once.
`
