/** Waits until something holds; `patienceMs` only bounds how long a failure takes to show. */
export async function until(what: string, holds: () => boolean, patienceMs = 20_000): Promise<void> {
  for (let i = 0; i < patienceMs / 5; i++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`waited in vain until ${what}`);
}
