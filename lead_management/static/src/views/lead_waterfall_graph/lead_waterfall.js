/** What is smaller than half a cent is no movement, but the rest of adding up floats. */
const NOTHING = 0.005;

/** The kinds between which all others move the running total. */
const FIRST = "opening";
const LAST = "closing";

/**
 * The bars of a waterfall, in the order of the process.
 *
 * Opening and closing stand on zero and are always there; every other kind floats from the
 * running total before it to the one after it, and is left out when it moves nothing. The
 * closing amount is the one of the closing rows; where there are none, opening + movements.
 *
 * @param {Map<string, Object>} points kind to data point, which has a `value`
 * @param {[string, string][]} selection the kinds in order, with their labels
 * @returns {{kind: string, label: string, value: number, from: number, to: number,
 *     isTotal: boolean, point: Object|undefined}[]}
 */
export function computeWaterfall(points, selection) {
    const bars = [];
    let total = 0;
    for (const [kind, label] of selection) {
        const point = points.get(kind);
        const isTotal = kind === FIRST || kind === LAST;
        let value = point?.value || 0;
        if (kind === LAST && !point) {
            value = total;
        }
        if (!isTotal && Math.abs(value) < NOTHING) {
            continue;
        }
        const from = isTotal ? 0 : total;
        total = from + value;
        bars.push({ kind, label, value, from, to: total, isTotal, point });
    }
    return bars;
}

/**
 * Breaks a label into lines of about this many characters, at its spaces.
 *
 * @param {string} label
 * @param {number} width
 * @returns {string[]}
 */
export function wrapLabel(label, width) {
    const lines = [];
    for (const word of label.split(" ")) {
        const last = lines.at(-1);
        if (last !== undefined && last.length + word.length < width) {
            lines[lines.length - 1] = `${last} ${word}`;
        } else {
            lines.push(word);
        }
    }
    return lines;
}
