"""Weight decay: its strength in, `decay(updates, params)` out."""


def no_decay():
    """No weight decay."""

    def decay(updates, params):
        return updates

    return decay


def add_decay(weight_decay):
    """Pull towards zero: the gradient of weight_decay / 2 * |params|²."""

    def decay(updates, params):
        return updates + weight_decay * params

    return decay
