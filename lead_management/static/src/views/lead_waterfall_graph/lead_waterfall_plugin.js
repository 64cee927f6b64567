const GAP = 6;

/**
 * Plugin for Chart.js: writes each bar's amount beside it, and joins each bar to the next by
 * a thin line at the running total.
 *
 * @param {{to: number}[]} bars
 * @param {string[]} texts one per bar
 * @param {{text: string, line: string}} colors
 */
export function waterfallPlugin(bars, texts, colors) {
    return {
        id: "leadWaterfall",
        afterDatasetsDraw(chart) {
            const { ctx } = chart;
            const isHorizontal = chart.options.indexAxis === "y";
            const valueScale = chart.scales[isHorizontal ? "x" : "y"];
            const boxes = chart
                .getDatasetMeta(0)
                .data.map((bar) => bar.getProps(["x", "y", "base", "width", "height"], true));
            ctx.save();
            drawConnectors(ctx, boxes, bars, valueScale, isHorizontal, colors.line);
            drawTexts(ctx, boxes, texts, isHorizontal, colors.text);
            ctx.restore();
        },
    };
}

function drawConnectors(ctx, boxes, bars, valueScale, isHorizontal, color) {
    ctx.strokeStyle = color;
    ctx.lineWidth = 1;
    for (let index = 0; index < boxes.length - 1; index++) {
        const level = Math.round(valueScale.getPixelForValue(bars[index].to)) + 0.5;
        const [box, next] = [boxes[index], boxes[index + 1]];
        ctx.beginPath();
        if (isHorizontal) {
            ctx.moveTo(level, box.y + box.height / 2);
            ctx.lineTo(level, next.y - next.height / 2);
        } else {
            ctx.moveTo(box.x + box.width / 2, level);
            ctx.lineTo(next.x - next.width / 2, level);
        }
        ctx.stroke();
    }
}

function drawTexts(ctx, boxes, texts, isHorizontal, color) {
    ctx.fillStyle = color;
    ctx.font = `600 12px ${getComputedStyle(ctx.canvas).fontFamily}`;
    ctx.textAlign = isHorizontal ? "start" : "center";
    ctx.textBaseline = isHorizontal ? "middle" : "bottom";
    boxes.forEach(({ x, y, base }, index) => {
        if (isHorizontal) {
            ctx.fillText(texts[index], Math.max(x, base) + GAP, y);
        } else {
            ctx.fillText(texts[index], x, Math.min(y, base) - GAP);
        }
    });
}
