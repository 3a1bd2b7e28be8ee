/** An effect outside of any component, until the returned function is called. */
export function effectRoot(fn: () => void): () => void {
  return $effect.root(() => {
    $effect(fn);
  });
}
