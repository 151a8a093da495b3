/** A chain of certificates and its private key, in PEM. */
export interface Certificates {
  readonly cert: string;
  readonly key: string;
}
