// Maps that stay small: what was put there last is kept, what was left alone longest is forgotten.

/** Puts it last; beyond `most`, the first one goes. */
export function remember<K, V>(known: Map<K, V>, { key, value, most }: { key: K; value: V; most: number }): void {
	known.delete(key);
	known.set(key, value);
	const [oldest] = known.keys();
	if (known.size > most && oldest !== undefined) known.delete(oldest);
}
