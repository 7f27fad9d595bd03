def simple_objective(config, reporter):
    height = config["height"]
    width = config["width"]
    loss = (height - 14) ** 2 - abs(width - 3)
    reporter(loss=loss)
