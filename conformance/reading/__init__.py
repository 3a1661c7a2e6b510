"""Files of strangers: traces, reports, waivers and evidence are read here, within bounds."""
