// How a caller on the socket proves its user: the names of the headers, which both sides know.

/** Of a refused request: the file to create, empty and one's own. */
export const challengeHeader = "deadman-challenge";

/** Of the request that comes again: the name of that file. */
export const proofHeader = "deadman-proof";
