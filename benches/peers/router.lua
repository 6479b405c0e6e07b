-- A router of dialogs inside Redis: four scripts, each of which is one command, and atomic because Redis runs
-- one script at a time. They are loaded once and called by their SHA; a line "--- name" begins a script.
--
-- What is kept:
--   open            hash    "channel/client" -> dialog: a client has one open dialog in a channel
--   d:<dialog>      hash    channel, client, status, operator (offered to, then owner), opened, answered, closed
--   m:<dialog>      list    author and text of each message, in turn
--   o:<operator>    hash    capacity, held (dialogs offered to it and answered by it), channels
--   r:<channel>     sorted  operators of the channel that have room, by what they hold
--   w:<channel>     sorted  dialogs of the channel that wait, the oldest first
--   dialogs         string  the last dialog's number
--   journal         stream  what happened: one entry per command, with everything that it did
--
-- A moment is the id of its entry in the journal: it begins with the milliseconds, so nobody asks for the time.
-- Keys are made inside the scripts, as is usual where Redis is not a cluster. Everything that can be refused is
-- refused before the first write, because what a script has written stays written.

--- receive
-- channel, client, text -> dialog, and the operator to whom it is offered; 0 while it waits.
local channel, client, text = ARGV[1], ARGV[2], ARGV[3]
local place = channel .. '/' .. client
local dialog = redis.call('HGET', 'open', place)
if dialog then
  redis.call('RPUSH', 'm:' .. dialog, 'client', text)
  redis.call('XADD', 'journal', '*', 'written', dialog)
  return { tonumber(dialog), tonumber(redis.call('HGET', 'd:' .. dialog, 'operator')) or 0 }
end
local operator = redis.call('ZRANGE', 'r:' .. channel, 0, 0)[1]
if operator then
  local known = redis.call('HMGET', 'o:' .. operator, 'capacity', 'held', 'channels')
  local capacity, held = tonumber(known[1]), tonumber(known[2]) + 1
  if held > capacity then
    return redis.error_reply('OVER operator ' .. operator .. ' would hold more than its capacity')
  end
  redis.call('HSET', 'o:' .. operator, 'held', held)
  for each in string.gmatch(known[3], '%d+') do
    if held == capacity then
      redis.call('ZREM', 'r:' .. each, operator)
    else
      redis.call('ZADD', 'r:' .. each, held, operator)
    end
  end
end
dialog = redis.call('INCR', 'dialogs')
redis.call('HSET', 'open', place, dialog)
redis.call('RPUSH', 'm:' .. dialog, 'client', text)
if not operator then
  local moment = redis.call('XADD', 'journal', '*', 'opened', dialog)
  redis.call('HSET', 'd:' .. dialog, 'channel', channel, 'client', client, 'status', 'waiting', 'opened', moment)
  redis.call('ZADD', 'w:' .. channel, dialog, dialog)
  return { dialog, 0 }
end
local moment = redis.call('XADD', 'journal', '*', 'opened', dialog, 'offered', operator)
redis.call('HSET', 'd:' .. dialog, 'channel', channel, 'client', client, 'status', 'offered', 'operator', operator,
  'opened', moment)
return { dialog, tonumber(operator) }

--- answer
-- dialog, operator -> OK. The offer has reserved the room already.
local dialog, operator = ARGV[1], ARGV[2]
local known = redis.call('HMGET', 'd:' .. dialog, 'status', 'operator')
if known[1] ~= 'offered' or known[2] ~= operator then
  return redis.error_reply('NOTOFFERED dialog ' .. dialog .. ' is not offered to operator ' .. operator)
end
local moment = redis.call('XADD', 'journal', '*', 'answered', dialog, 'by', operator)
redis.call('HSET', 'd:' .. dialog, 'status', 'answered', 'answered', moment)
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
local known = redis.call('HMGET', 'd:' .. dialog, 'status', 'operator', 'channel', 'client')
if known[1] ~= 'answered' or known[2] ~= operator then
  return redis.error_reply('NOTOWNER operator ' .. operator .. ' does not own dialog ' .. dialog)
end
local moment = redis.call('XADD', 'journal', '*', 'closed', dialog, 'by', operator)
redis.call('HSET', 'd:' .. dialog, 'status', 'closed', 'closed', moment)
redis.call('HDEL', 'open', known[3] .. '/' .. known[4])
local desk = redis.call('HMGET', 'o:' .. operator, 'held', 'channels')
local oldest, from
for each in string.gmatch(desk[2], '%d+') do
  local first = tonumber(redis.call('ZRANGE', 'w:' .. each, 0, 0)[1])
  if first and (not oldest or first < oldest) then
    oldest, from = first, each
  end
end
if oldest then
  redis.call('ZREM', 'w:' .. from, oldest)
  redis.call('HSET', 'd:' .. oldest, 'status', 'offered', 'operator', operator)
  redis.call('XADD', 'journal', '*', 'offered', oldest, 'to', operator)
  return oldest
end
local held = tonumber(desk[1]) - 1
redis.call('HSET', 'o:' .. operator, 'held', held)
for each in string.gmatch(desk[2], '%d+') do
  redis.call('ZADD', 'r:' .. each, held, operator)
end
return 0
