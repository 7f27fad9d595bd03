def beam(config, reporter):
    width, height = config["width"], config["height"]
    reporter(
        weight=width * height,
        deflection=1e4 / (width * height**3),
        excess_stress=600 / (width * height**2) - 1,
    )
