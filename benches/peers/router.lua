-- A router of dialogs inside Redis: four scripts, each of which is one command, and atomic because Redis runs
-- one script at a time. They are loaded once and called by their SHA; a line "--- name" begins a script.
--
-- What is kept:
--   open            hash    "channel/client" -> dialog: a client has one open dialog in a channel
--   d:<dialog>      hash    channel, client, status, operator (offered to, then owner), opened, answered, closed
--   m:<dialog>      list    author and text of each message, in turn
--   o:<operator>    hash    capacity, channels
--   r:<channel>     sorted  operators of the channel by what they hold: dialogs offered to them and answered by
--                           them; whoever is full stands behind all others, at what it holds and 1e12
--   w:<channel>     sorted  dialogs of the channel that wait, the oldest first
--   dialogs         string  the last dialog's number
--   journal         stream  what happened: one entry per command, with everything that it did
--
-- A moment is the id of its entry in the journal: it begins with the milliseconds, so nobody asks for the time.
-- Keys are made inside the scripts, as is usual where Redis is not a cluster. What can be refused is refused
-- before the first write, because what a script has written stays written.
--
-- Most of the time goes into redis.call itself, so there are few of them. Redis 7.0 prints every number that a
-- script hands over as a floating one, which costs more than the rest of the call: so numbers are handed over as
-- text.

--- receive
-- channel, client, text -> dialog, and the operator to whom it is offered; 0 while it waits.
local channel, client, text = ARGV[1], ARGV[2], ARGV[3]
local first = redis.call('ZRANGE', 'r:' .. channel, '0', '0', 'WITHSCORES')
local operator, held, capacity, channels = first[1], tonumber(first[2]), nil, nil
if held and held < 1e12 then
  local known = redis.call('HMGET', 'o:' .. operator, 'capacity', 'channels')
  held, capacity, channels = held + 1, tonumber(known[1]), known[2]
  if held > capacity then
    return redis.error_reply('OVER operator ' .. operator .. ' would hold more than its capacity')
  end
else
  operator = nil
end
local number = redis.call('INCR', 'dialogs')
local dialog = string.format('%d', number)
local place = channel .. '/' .. client
if redis.call('HSETNX', 'open', place, dialog) == 0 then
  dialog = redis.call('HGET', 'open', place)
  redis.call('RPUSH', 'm:' .. dialog, 'client', text)
  redis.call('XADD', 'journal', '*', 'written', dialog)
  return { tonumber(dialog), tonumber(redis.call('HGET', 'd:' .. dialog, 'operator')) or 0 }
end
redis.call('RPUSH', 'm:' .. dialog, 'client', text)
if not operator then
  local moment = redis.call('XADD', 'journal', '*', 'opened', dialog)
  redis.call('HSET', 'd:' .. dialog, 'channel', channel, 'client', client, 'status', 'waiting', 'opened', moment)
  redis.call('ZADD', 'w:' .. channel, dialog, dialog)
  return { number, 0 }
end
local score = string.format('%d', held < capacity and held or held + 1e12)
for each in string.gmatch(channels, '%d+') do
  redis.call('ZADD', 'r:' .. each, score, operator)
end
local moment = redis.call('XADD', 'journal', '*', 'opened', dialog, 'offered', operator)
redis.call('HSET', 'd:' .. dialog, 'channel', channel, 'client', client, 'status', 'offered', 'operator', operator,
  'opened', moment)
return { number, tonumber(operator) }

--- answer
-- dialog, operator -> OK. The offer has reserved the room already.
local dialog, operator = ARGV[1], ARGV[2]
local key = 'd:' .. dialog
local known = redis.call('HMGET', key, 'status', 'operator')
if known[1] ~= 'offered' or known[2] ~= operator then
  return redis.error_reply('NOTOFFERED dialog ' .. dialog .. ' is not offered to operator ' .. operator)
end
local moment = redis.call('XADD', 'journal', '*', 'answered', dialog, 'by', operator)
redis.call('HSET', key, 'status', 'answered', 'answered', moment)
return redis.status_reply('OK')

--- reply
-- dialog, operator, text -> OK.
local dialog, operator = ARGV[1], ARGV[2]
local known = redis.call('HMGET', 'd:' .. dialog, 'status', 'operator')
if known[1] ~= 'answered' or known[2] ~= operator then
  return redis.error_reply('NOTOWNER operator ' .. operator .. ' does not own dialog ' .. dialog)
end
redis.call('RPUSH', 'm:' .. dialog, operator, ARGV[3])
redis.call('XADD', 'journal', '*', 'written', dialog, 'by', operator)
return redis.status_reply('OK')

--- finish
-- dialog, operator -> the dialog that the operator is offered instead: of all that wait in its channels the
-- oldest; 0 if none does.
local dialog, operator = ARGV[1], ARGV[2]
local key = 'd:' .. dialog
local known = redis.call('HMGET', key, 'status', 'operator', 'channel', 'client')
if known[1] ~= 'answered' or known[2] ~= operator then
  return redis.error_reply('NOTOWNER operator ' .. operator .. ' does not own dialog ' .. dialog)
end
local moment = redis.call('XADD', 'journal', '*', 'closed', dialog, 'by', operator)
redis.call('HSET', key, 'status', 'closed', 'closed', moment)
redis.call('HDEL', 'open', known[3] .. '/' .. known[4])
local channels = redis.call('HGET', 'o:' .. operator, 'channels')
local oldest, from
for each in string.gmatch(channels, '%d+') do
  local first = redis.call('ZRANGE', 'w:' .. each, '0', '0')[1]
  if first and (not oldest or tonumber(first) < tonumber(oldest)) then
    oldest, from = first, each
  end
end
if oldest then
  redis.call('ZREM', 'w:' .. from, oldest)
  redis.call('HSET', 'd:' .. oldest, 'status', 'offered', 'operator', operator)
  redis.call('XADD', 'journal', '*', 'offered', oldest, 'to', operator)
  return tonumber(oldest)
end
local score
for each in string.gmatch(channels, '%d+') do
  if not score then
    local held = tonumber(redis.call('ZSCORE', 'r:' .. each, operator))
    score = string.format('%d', (held < 1e12 and held or held - 1e12) - 1)
  end
  redis.call('ZADD', 'r:' .. each, score, operator)
end
return 0
