/** Headers of one connection (RFC 9110, section 7.6.1), and those that say how a message is framed on it. */
const OF_A_CONNECTION: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Refuses a plugin's headers of the connection where that is the host's: `Connection` may name the host's secret headers,
 * so that a proxy drops them.
 *
 * @param headers What the plugin sends.
 * @throws {TypeError} If one of them is such a header.
 */
export function refuseConnectionHeaders(headers: Readonly<Record<string, string>> = {}): void {
  for (const name of Object.keys(headers)) {
    if (!OF_A_CONNECTION.has(name.toLowerCase())) continue;
    throw new TypeError(
      `Cannot send header "${name}": it belongs to the connection, which is the host's; leave it out`,
    );
  }
}
