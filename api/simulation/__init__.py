"""A call centre's day as the dialer would tell it: seeded, reproducible, endless if wanted."""

from api.simulation.day import campaign_day
from api.simulation.delivery import Delivery
from api.simulation.feed import demo_feed, play, play_on_time

__all__ = ["Delivery", "campaign_day", "demo_feed", "play", "play_on_time"]
