/** What a connection is for is told by its ALPN name: sessions and other calls are `h2`. */
export const BULK_ALPN = 'garrison-tunnel/1';

export const BULK_TOKEN_BYTES = 32;

/** Largest block of a bulk connection. */
export const MOST_BYTES_OF_BLOCK = 65_536;
